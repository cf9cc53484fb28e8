#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/ntt_layout.hpp"
#include "fhe/kernels/avx2/vector.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx2 {
namespace {

// The Gentleman-Sande butterfly: x, y of at most b become a sum of at most 2b and a product of at most 1/2 + b/4
// (roomy: b/64).
//
// Tight: all stages of a pass, of a leaf's lanes and of the rest of a leaf but the first reduce their sums to 1/2, so
// that 1 becomes at most 2, then 1; a product takes differences of up to 4. Roomy: a leaf takes 1 to at most 5, a pass
// 5 to at most 3, but for their first row, which is a sum in every stage: it grows to 64 and is reduced.
template <bool kReduce>
struct Butterfly {
  const VectorModulus& m;

  [[gnu::always_inline]] void operator()(Doubles& x, Doubles& y, Doubles factor) const {
    const Doubles d = _mm256_sub_pd(x, y);
    x = _mm256_add_pd(x, y);
    if constexpr (kReduce) x = reduce(x, m);
    y = multiply(d, factor, m);
  }
};

template <bool kRoomy>
struct InverseModulus : VectorModulus {
  explicit InverseModulus(const NttTables& tables)
      : VectorModulus(tables.q),
        n_inverse(factors<kRoomy>(broadcast(tables.n_inverse.w), *this)),
        last(factors<kRoomy>(broadcast(tables.n_inverse_last.w), *this)) {}

  Doubles n_inverse;
  Doubles last;
};

// The last stage of all: brings in 1/N; results are words in [0, q).
template <bool kRoomy>
struct LastButterfly {
  const InverseModulus<kRoomy>& m;

  [[gnu::always_inline]] void operator()(Doubles& x, Doubles& y, Doubles) const {
    const Doubles sum = multiply(_mm256_add_pd(x, y), m.n_inverse, m);
    const Doubles difference = multiply(_mm256_sub_pd(x, y), m.last, m);
    x = _mm256_castsi256_pd(canonical(reduce(sum, m), m));
    y = _mm256_castsi256_pd(canonical(reduce(difference, m), m));
  }
};

// kStages stages whose last has one group; the first kRun of them run.
template <std::size_t kRun, int kStages, bool kRoomy, std::size_t kCount>
[[gnu::always_inline]] inline void group_stages(Doubles (&v)[kCount], const GroupFactors<kStages, kRoomy>& factors,
                                                const VectorModulus& m) {
  constexpr std::size_t kRow = kCount >> kStages;
  unrolled<kRun>([&](auto step) {
    constexpr std::size_t kGroups = std::size_t{1} << (kStages - 1 - step);
    constexpr bool kReduce = !kRoomy && step > 0;
    stage<(kRow << step)>(
        v, [&](auto group) { return factors.template of<kGroups>(group); }, Butterfly<kReduce>{m});
  });
  if constexpr (kRoomy && kRun == kStages) {
    unrolled<kRow>([&](auto k) { v[k] = reduce(v[k], m); });
  }
}

// The first six stages of 64 words in [0, q).
template <bool kRoomy>
[[gnu::noinline, gnu::flatten]] void leaf(std::uint64_t* x, std::size_t node, const std::uint64_t* w,
                                          const VectorModulus& m) {
  Doubles v[kLeafVectors];
  const LaneFactors<kRoomy> lanes{w, node, m};
  for_each_block([&](RowBlock block) {
    Doubles rows[4];
    unrolled<4>([&](auto k) { rows[k] = load_doubles(x + block.row(k) * kLanes); });
    transpose(rows);
    stage<1>(
        rows, [&](auto group) { return lanes.of_pairs(block, group); }, Butterfly<false>{m});
    const Doubles row_factor = lanes.of_rows(block);
    stage<2>(
        rows, [&](auto) { return row_factor; }, Butterfly<!kRoomy>{m});
    transpose(rows);
    unrolled<4>([&](auto k) { v[block.row(k)] = rows[k]; });
  });
  group_stages<4>(v, GroupFactors<4, kRoomy>(w, node, m), m);
  unrolled<kLeafVectors>([&](auto k) { store_doubles(x + k * kLanes, v[k]); });
}

// `kStages` stages on a block of 2^kStages * stride coefficients. kLast: their last stage is the last of all.
template <int kStages, bool kRoomy, bool kLast>
[[gnu::noinline, gnu::flatten]] void pass(std::uint64_t* x, std::size_t stride, std::size_t node,
                                          const std::uint64_t* w, const InverseModulus<kRoomy>& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  const GroupFactors<kStages, kRoomy> factors(w, node, m);
  for (std::size_t j = 0; j < stride; j += kLine) {
    const auto at = [&](std::size_t k) { return x + k / kLineVectors * stride + j + k % kLineVectors * kLanes; };
    Doubles v[kRadix * kLineVectors];
    unrolled<kRadix * kLineVectors>([&](auto k) { v[k] = load_stored(at(k)); });
    group_stages<(kLast ? kStages - 1 : kStages)>(v, factors, m);
    if constexpr (kLast) {
      stage<kRadix * kLineVectors / 2>(
          v, [](auto) { return Doubles{}; }, LastButterfly<kRoomy>{m});
    }
    unrolled<kRadix * kLineVectors>([&](auto k) { store_doubles(at(k), v[k]); });
  }
}

template <bool kRoomy, bool kLast>
void transform(std::uint64_t* x, int log_block, std::size_t node, const std::uint64_t* w,
               const InverseModulus<kRoomy>& m) {
  const int stages = kPassStages[log_block - kLogLeaf];
  if (stages == 0) return leaf<kRoomy>(x, node, w, m);
  const int log_part = log_block - stages;
  const std::size_t part = std::size_t{1} << log_part;
  for (std::size_t k = 0; k >> stages == 0; ++k) {
    transform<kRoomy, false>(x + k * part, log_part, (node << stages) + k, w, m);
  }
  switch (stages) {
    case 1:
      return pass<1, kRoomy, kLast>(x, part, node, w, m);
    case 2:
      return pass<2, kRoomy, kLast>(x, part, node, w, m);
    default:
      return pass<3, kRoomy, kLast>(x, part, node, w, m);
  }
}

template <bool kRoomy>
void transform_all(std::uint64_t* x, const NttTables& tables) {
  transform<kRoomy, true>(x, tables.log_n, 1, tables.inverse_w.get(), InverseModulus<kRoomy>(tables));
}

}  // namespace

void ntt_inverse(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_inverse(x, tables);
  if (tables.q.bits() <= kRoomyBits) {
    transform_all<true>(x, tables);
  } else {
    transform_all<false>(x, tables);
  }
}

}  // namespace obscura::fhe::kernels::avx2
