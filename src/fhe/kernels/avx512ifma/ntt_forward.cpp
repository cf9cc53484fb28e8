#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/ntt_layout.hpp"
#include "fhe/kernels/avx512ifma/transpose.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

// Harvey's butterfly. Tight: x, y < 4q in and out. Roomy: each stage adds 2q to the bound, so that
// coefficients below 4q stay below 38q after 17 stages, and only the low 52 bits of a lane count.
template <bool kRoomy>
struct Butterfly {
  const VectorModulus& m;

  [[gnu::always_inline]] void operator()(Vector& x, Vector& y, VectorFactor factor) const {
    if constexpr (kRoomy) {
      const Vector doubled = add64(add64(x, m.twice), x);
      const Vector quotient = add_high(zero(), y, factor.w_quotient);
      x = add_low(add_low(x, y, factor.w), quotient, m.minus_q);
      y = sub64(doubled, x);
    } else {
      const Vector reduced = reduce_once(x, m.twice);
      const Vector t = multiply_lazy(y, factor.w, factor.w_quotient, m);
      y = sub64(add64(reduced, m.twice), t);
      x = add64(reduced, t);
    }
  }
};

// `kStages` stages on a block of 2^kStages * stride coefficients, whose first stage has one group.
template <int kStages, bool kRoomy>
[[gnu::noinline, gnu::flatten]] void pass(std::uint64_t* x, std::size_t stride, std::size_t node, Twiddles twiddles,
                                          const VectorModulus& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  for (std::size_t j = 0; j < stride; j += kLanes) {
    Vector v[kRadix];
    unrolled<kRadix>([&](auto k) { v[k] = load(x + k * stride + j); });
    unrolled<kStages>([&](auto step) {
      stage<(kRadix >> (step + 1))>(
          v, [&](std::size_t group) { return group_factor(twiddles, (node << step) + group); }, Butterfly<kRoomy>{m});
    });
    unrolled<kRadix>([&](auto k) { store(x + k * stride + j, v[k]); });
  }
}

// The last seven stages of 128 coefficients, and the reduction to [0, q).
template <bool kRoomy>
[[gnu::noinline, gnu::flatten]] void leaf(std::uint64_t* x, std::size_t node, Twiddles twiddles,
                                          const VectorModulus& m) {
  Vector v[kLeafVectors];
  unrolled<kLeafVectors>([&](auto k) { v[k] = load(x + k * kLanes); });
  unrolled<4>([&](auto step) {
    stage<(std::size_t{8} >> step)>(
        v, [&](std::size_t group) { return group_factor(twiddles, (node << step) + group); }, Butterfly<kRoomy>{m});
  });
  transpose_each(v);
  unrolled<3>([&](auto step) {
    stage<(std::size_t{4} >> step)>(
        v, [&](std::size_t group) { return lane_factors(twiddles, (node << (step + 4)) + kLanes * group); },
        Butterfly<kRoomy>{m});
  });
  unrolled<kLeafVectors>(
      [&](auto k) { v[k] = reduce_once(kRoomy ? reduce_lazy(v[k], m) : reduce_once(v[k], m.twice), m.q); });
  transpose_each(v);
  unrolled<kLeafVectors>([&](auto k) { store(x + k * kLanes, v[k]); });
}

template <bool kRoomy>
void transform(std::uint64_t* x, int log_block, std::size_t node, Twiddles twiddles, const VectorModulus& m) {
  const int stages = kPassStages[static_cast<std::size_t>(log_block - kLogLeaf)];
  const int log_part = log_block - stages;
  const std::size_t part = std::size_t{1} << log_part;
  switch (stages) {
    case 1:
      pass<1, kRoomy>(x, part, node, twiddles, m);
      break;
    case 2:
      pass<2, kRoomy>(x, part, node, twiddles, m);
      break;
    case 3:
      pass<3, kRoomy>(x, part, node, twiddles, m);
      break;
    case 4:
      pass<4, kRoomy>(x, part, node, twiddles, m);
      break;
    default:
      return leaf<kRoomy>(x, node, twiddles, m);
  }
  for (std::size_t k = 0; k >> stages == 0; ++k) {
    transform<kRoomy>(x + k * part, log_part, (node << stages) + k, twiddles, m);
  }
}

}  // namespace

void ntt_forward(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_forward(x, tables);
  const VectorModulus m(tables.q);
  const Twiddles twiddles{tables.forward_w.get(), tables.forward_quotient.get()};
  if (tables.q.bits() <= kRoomyBits) {
    transform<true>(x, tables.log_n, 1, twiddles, m);
  } else {
    transform<false>(x, tables.log_n, 1, twiddles, m);
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
