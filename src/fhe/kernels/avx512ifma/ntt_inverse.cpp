#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/ntt_layout.hpp"
#include "fhe/kernels/avx512ifma/transpose.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

struct InverseModulus : VectorModulus {
  explicit InverseModulus(const NttTables& tables)
      : VectorModulus(tables.q),
        offset(broadcast(16 * tables.q.value())),
        n_inverse(broadcast(tables.n_inverse.w)),
        n_inverse_quotient(broadcast(tables.n_inverse.w_quotient)),
        last(broadcast(tables.n_inverse_last.w)),
        last_quotient(broadcast(tables.n_inverse_last.w_quotient)) {}

  Vector offset;  ///< makes differences positive on the roomy path
  Vector n_inverse;
  Vector n_inverse_quotient;
  Vector last;
  Vector last_quotient;
};

// x - y plus a multiple of q. Tight: x, y < 2q; roomy: x, y < 16q, bits above 52 are noise.
template <bool kRoomy>
[[gnu::always_inline]] inline Vector difference(Vector x, Vector y, const InverseModulus& m) {
  return sub64(add64(x, kRoomy ? m.offset : m.twice), y);
}

// The Gentleman-Sande butterfly. Tight: < 2q in and out. Roomy: y below 2q, x twice its bound, which
// must not exceed 32q < 2^52 after a chain of sums.
template <bool kRoomy>
[[gnu::always_inline]] inline void butterfly(Vector& x, Vector& y, Vector w, Vector w_quotient,
                                             const InverseModulus& m) {
  const Vector d = difference<kRoomy>(x, y, m);
  x = add64(x, y);
  if constexpr (kRoomy) {
    y = multiply_noisy(d, w, w_quotient, m);
  } else {
    x = reduce_once(x, m.twice);
    y = multiply_lazy(d, w, w_quotient, m);
  }
}

// After a few stages only the first half is above 2q: the others have just been multiplied.
template <bool kRoomy, std::size_t kCount>
[[gnu::always_inline]] inline void restore_range(Vector (&v)[kCount], const InverseModulus& m) {
  if constexpr (kRoomy) {
    unrolled<kCount / 2>([&](auto k) { v[k] = reduce_lazy(v[k], m); });
  }
}

// The first six stages of 64 coefficients in [0, q); results < 2q.
template <bool kRoomy>
void leaf(std::uint64_t* x, std::size_t node, Twiddles twiddles, const InverseModulus& m) {
  Vector v[8];
  unrolled<8>([&](auto k) { v[k] = load(x + k * kLanes); });
  transpose(v);
  unrolled<3>([&](auto step) {
    constexpr std::size_t kHalf = std::size_t{1} << step;
    unrolled<4>([&](auto pair) {
      constexpr std::size_t kGroup = pair / kHalf;
      constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
      const std::size_t at = (node << (5 - step)) + kLanes * kGroup;
      butterfly<kRoomy>(v[kAt], v[kAt + kHalf], load(twiddles.w + at), load(twiddles.w_quotient + at), m);
    });
  });
  restore_range<kRoomy>(v, m);
  transpose(v);
  unrolled<3>([&](auto step) {
    constexpr std::size_t kHalf = std::size_t{1} << step;
    unrolled<4>([&](auto pair) {
      constexpr std::size_t kGroup = pair / kHalf;
      constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
      const std::size_t at = (node << (2 - step)) + kGroup;
      butterfly<kRoomy>(v[kAt], v[kAt + kHalf], broadcast(twiddles.w[at]), broadcast(twiddles.w_quotient[at]), m);
    });
  });
  restore_range<kRoomy>(v, m);
  unrolled<8>([&](auto k) { store(x + k * kLanes, v[k]); });
}

// `kStages` stages on a block of 2^kStages * stride coefficients, whose last stage has one group.
// kLast: that stage is the last of all and brings in 1/N; its results are in [0, q).
template <int kStages, bool kRoomy, bool kLast>
void pass(std::uint64_t* x, std::size_t stride, std::size_t node, Twiddles twiddles, const InverseModulus& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  constexpr int kPlainStages = kLast ? kStages - 1 : kStages;
  for (std::size_t j = 0; j < stride; j += kLanes) {
    Vector v[kRadix];
    unrolled<kRadix>([&](auto k) { v[k] = load(x + k * stride + j); });
    unrolled<kPlainStages>([&](auto step) {
      constexpr std::size_t kHalf = std::size_t{1} << step;
      unrolled<(kRadix >> 1)>([&](auto pair) {
        constexpr std::size_t kGroup = pair / kHalf;
        constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
        const std::size_t at = (node << (kStages - 1 - step)) + kGroup;
        butterfly<kRoomy>(v[kAt], v[kAt + kHalf], broadcast(twiddles.w[at]), broadcast(twiddles.w_quotient[at]), m);
      });
    });
    if constexpr (kLast) {
      unrolled<(kRadix >> 1)>([&](auto k) {
        Vector& upper = v[k + kRadix / 2];
        const Vector d = difference<kRoomy>(v[k], upper, m);
        v[k] = reduce_once(multiply_lazy(add64(v[k], upper), m.n_inverse, m.n_inverse_quotient, m), m.q);
        upper = reduce_once(multiply_lazy(d, m.last, m.last_quotient, m), m.q);
      });
    } else {
      restore_range<kRoomy>(v, m);
    }
    unrolled<kRadix>([&](auto k) { store(x + k * stride + j, v[k]); });
  }
}

template <bool kRoomy, bool kLast>
void transform(std::uint64_t* x, int log_block, std::size_t node, Twiddles twiddles, const InverseModulus& m) {
  const int stages = kPassStages[static_cast<std::size_t>(log_block - kLogLeaf)];
  if (stages == 0) return leaf<kRoomy>(x, node, twiddles, m);
  const int log_part = log_block - stages;
  const std::size_t part = std::size_t{1} << log_part;
  for (std::size_t k = 0; k >> stages == 0; ++k) {
    transform<kRoomy, false>(x + k * part, log_part, (node << stages) + k, twiddles, m);
  }
  switch (stages) {
    case 1:
      return pass<1, kRoomy, kLast>(x, part, node, twiddles, m);
    case 2:
      return pass<2, kRoomy, kLast>(x, part, node, twiddles, m);
    case 3:
      return pass<3, kRoomy, kLast>(x, part, node, twiddles, m);
    default:
      return pass<4, kRoomy, kLast>(x, part, node, twiddles, m);
  }
}

}  // namespace

void ntt_inverse(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_inverse(x, tables);
  const InverseModulus m(tables);
  const Twiddles twiddles{tables.inverse_w.get(), tables.inverse_quotient.get()};
  if (tables.q.bits() <= kRoomyBits) {
    transform<true, true>(x, tables.log_n, 1, twiddles, m);
  } else {
    transform<false, true>(x, tables.log_n, 1, twiddles, m);
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
