#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/ntt_layout.hpp"
#include "fhe/kernels/avx2/vector.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx2 {
namespace {

// The Cooley-Tukey butterfly: bound b of x and y grows to b + 1/2 + b/8 (roomy: b/64).
//
// Tight: the x of the first stage of a pass, of a leaf and of a leaf's lane stages are reduced to 1/2, so that 4
// becomes at most 1.5, 2.2, 3.0, 3.9 after one, two, three and four stages. Roomy: 17 stages take 4 to 14, with no
// reduction.
struct Butterfly {
  const VectorModulus& m;

  [[gnu::always_inline]] void operator()(Doubles& x, Doubles& y, Doubles factor) const {
    const Doubles t = multiply(y, factor, m);
    y = _mm256_sub_pd(x, t);
    x = _mm256_add_pd(x, t);
  }
};

template <bool kRoomy, std::size_t kCount>
[[gnu::always_inline]] inline void restore_range(Doubles (&v)[kCount], const VectorModulus& m) {
  if constexpr (!kRoomy) {
    unrolled<kCount / 2>([&](auto k) { v[k] = reduce(v[k], m); });
  }
}

// `kStages` stages whose first has one group.
template <int kStages, bool kRoomy, std::size_t kCount>
[[gnu::always_inline]] inline void group_stages(Doubles (&v)[kCount], const GroupFactors<kStages, kRoomy>& factors,
                                                const VectorModulus& m) {
  restore_range<kRoomy>(v, m);
  unrolled<kStages>([&](auto step) {
    stage<(kCount >> (step + 1))>(
        v, [&](auto group) { return factors.template of<(std::size_t{1} << step)>(group); }, Butterfly{m});
  });
}

// `kStages` stages on a block of 2^kStages * stride coefficients. kFirst: they are still words, in [0, 4q).
template <int kStages, bool kRoomy, bool kFirst>
[[gnu::noinline, gnu::flatten]] void pass(std::uint64_t* x, std::size_t stride, std::size_t node,
                                          const std::uint64_t* w, const VectorModulus& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  const GroupFactors<kStages, kRoomy> factors(w, node, m);
  for (std::size_t j = 0; j < stride; j += kLine) {
    const auto at = [&](std::size_t k) { return x + k / kLineVectors * stride + j + k % kLineVectors * kLanes; };
    Doubles v[kRadix * kLineVectors];
    unrolled<kRadix * kLineVectors>([&](auto k) { v[k] = kFirst ? load_doubles(at(k)) : load_stored(at(k)); });
    group_stages<kStages, kRoomy>(v, factors, m);
    unrolled<kRadix * kLineVectors>([&](auto k) { store_doubles(at(k), v[k]); });
  }
}

// The last six stages of 64 coefficients, and the reduction to words in [0, q).
template <bool kRoomy>
[[gnu::noinline, gnu::flatten]] void leaf(std::uint64_t* x, std::size_t node, const std::uint64_t* w,
                                          const VectorModulus& m) {
  Doubles v[kLeafVectors];
  unrolled<kLeafVectors>([&](auto k) { v[k] = load_stored(x + k * kLanes); });
  group_stages<4, kRoomy>(v, GroupFactors<4, kRoomy>(w, node, m), m);
  const LaneFactors<kRoomy> lanes{w, node, m};
  for_each_block([&](RowBlock block) {
    Doubles rows[4];
    unrolled<4>([&](auto k) { rows[k] = v[block.row(k)]; });
    transpose(rows);
    restore_range<kRoomy>(rows, m);
    const Doubles row_factor = lanes.of_rows(block);
    stage<2>(
        rows, [&](auto) { return row_factor; }, Butterfly{m});
    stage<1>(
        rows, [&](auto group) { return lanes.of_pairs(block, group); }, Butterfly{m});
    unrolled<4>([&](auto k) { rows[k] = _mm256_castsi256_pd(canonical(reduce(rows[k], m), m)); });
    transpose(rows);
    unrolled<4>([&](auto k) { store_doubles(x + block.row(k) * kLanes, rows[k]); });
  });
}

template <bool kRoomy, bool kFirst>
void transform(std::uint64_t* x, int log_block, std::size_t node, const std::uint64_t* w, const VectorModulus& m) {
  const int stages = kPassStages[log_block - kLogLeaf];
  const int log_part = log_block - stages;
  const std::size_t part = std::size_t{1} << log_part;
  switch (stages) {
    case 1:
      pass<1, kRoomy, kFirst>(x, part, node, w, m);
      break;
    case 2:
      pass<2, kRoomy, kFirst>(x, part, node, w, m);
      break;
    case 3:
      pass<3, kRoomy, kFirst>(x, part, node, w, m);
      break;
    default:
      return leaf<kRoomy>(x, node, w, m);
  }
  for (std::size_t k = 0; k >> stages == 0; ++k) {
    transform<kRoomy, false>(x + k * part, log_part, (node << stages) + k, w, m);
  }
}

}  // namespace

void ntt_forward(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_forward(x, tables);
  const VectorModulus m(tables.q);
  const std::uint64_t* w = tables.forward_w.get();
  if (tables.q.bits() <= kRoomyBits) {
    transform<true, true>(x, tables.log_n, 1, w, m);
  } else {
    transform<false, true>(x, tables.log_n, 1, w, m);
  }
}

}  // namespace obscura::fhe::kernels::avx2
