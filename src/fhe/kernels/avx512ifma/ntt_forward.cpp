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
[[gnu::always_inline]] inline void butterfly(Vector& x, Vector& y, Vector w, Vector w_quotient,
                                             const VectorModulus& m) {
  Vector t = multiply_noisy(y, w, w_quotient, m);
  if constexpr (!kRoomy) {
    x = reduce_once(x, m.twice);
    t = low52(t);
  }
  y = sub64(add64(x, m.twice), t);
  x = add64(x, t);
}

// `kStages` stages on a block of 2^kStages * stride coefficients, whose first stage has one group.
template <int kStages, bool kRoomy>
void pass(std::uint64_t* x, std::size_t stride, std::size_t node, Twiddles twiddles, const VectorModulus& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  for (std::size_t j = 0; j < stride; j += kLanes) {
    Vector v[kRadix];
    unrolled<kRadix>([&](auto k) { v[k] = load(x + k * stride + j); });
    unrolled<kStages>([&](auto stage) {
      constexpr std::size_t kHalf = kRadix >> (stage + 1);
      unrolled<(kRadix >> 1)>([&](auto pair) {
        constexpr std::size_t kGroup = pair / kHalf;
        constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
        const std::size_t at = (node << stage) + kGroup;
        butterfly<kRoomy>(v[kAt], v[kAt + kHalf], broadcast(twiddles.w[at]), broadcast(twiddles.w_quotient[at]), m);
      });
    });
    unrolled<kRadix>([&](auto k) { store(x + k * stride + j, v[k]); });
  }
}

// The last six stages of 64 coefficients, and the reduction to [0, q).
template <bool kRoomy>
void leaf(std::uint64_t* x, std::size_t node, Twiddles twiddles, const VectorModulus& m) {
  Vector v[8];
  unrolled<8>([&](auto k) { v[k] = load(x + k * kLanes); });
  unrolled<3>([&](auto stage) {
    constexpr std::size_t kHalf = std::size_t{4} >> stage;
    unrolled<4>([&](auto pair) {
      constexpr std::size_t kGroup = pair / kHalf;
      constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
      const std::size_t at = (node << stage) + kGroup;
      butterfly<kRoomy>(v[kAt], v[kAt + kHalf], broadcast(twiddles.w[at]), broadcast(twiddles.w_quotient[at]), m);
    });
  });
  transpose(v);
  unrolled<3>([&](auto stage) {
    constexpr std::size_t kHalf = std::size_t{4} >> stage;
    unrolled<4>([&](auto pair) {
      constexpr std::size_t kGroup = pair / kHalf;
      constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
      const std::size_t at = (node << (stage + 3)) + kLanes * kGroup;
      butterfly<kRoomy>(v[kAt], v[kAt + kHalf], load(twiddles.w + at), load(twiddles.w_quotient + at), m);
    });
  });
  unrolled<8>([&](auto k) { v[k] = reduce_once(kRoomy ? reduce_lazy(v[k], m) : reduce_once(v[k], m.twice), m.q); });
  transpose(v);
  unrolled<8>([&](auto k) { store(x + k * kLanes, v[k]); });
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
