#pragma once

// GCC 12 takes the deliberately undefined pass-through operands inside its own intrinsics for bugs
// (GCC bug 105593). Left off for the whole file that includes this one.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "fhe/arith/modulus.hpp"

/// Eight 64-bit lanes, and the reductions that all kernels of this folder share.
namespace obscura::fhe::kernels::avx512ifma {

using Vector = __m512i;

inline constexpr std::size_t kLanes = 8;

inline Vector load(const std::uint64_t* p) {
  return _mm512_loadu_si512(p);
}
inline void store(std::uint64_t* p, Vector v) {
  _mm512_storeu_si512(p, v);
}
/// Asks for the cache line at p, into the second-level cache. Assembly: GCC 12 takes a function that only prefetches
/// for one without effect, and drops the call.
inline void prefetch(const std::uint64_t* p) {
  __asm__ volatile("prefetcht1 %0" : : "m"(*p));
}
/// The same for a line that will be written.
inline void prefetch_to_write(const std::uint64_t* p) {
  __asm__ volatile("prefetchw %0" : : "m"(*p));
}
inline Vector broadcast(std::uint64_t v) {
  return _mm512_set1_epi64(static_cast<long long>(v));
}
inline Vector add64(Vector a, Vector b) {
  return _mm512_add_epi64(a, b);
}
inline Vector sub64(Vector a, Vector b) {
  return _mm512_sub_epi64(a, b);
}

/// sum + low 52 bits of a * b, and sum + high 52 bits; only the low 52 bits of a and b count.
inline Vector add_low(Vector sum, Vector a, Vector b) {
  return _mm512_madd52lo_epu64(sum, a, b);
}
inline Vector add_high(Vector sum, Vector a, Vector b) {
  return _mm512_madd52hi_epu64(sum, a, b);
}
inline Vector zero() {
  return _mm512_setzero_si512();
}

inline Vector low52(Vector v) {
  return _mm512_and_si512(v, _mm512_set1_epi64((std::int64_t{1} << arith::kShoupBits) - 1));
}

/// Loads v now, once: GCC 12 would let each of two instructions that take v load it for itself.
inline void keep(Vector& v) {
  __asm__("" : "+v"(v));
}

/// a mod bound for a < 2 * bound.
inline Vector reduce_once(Vector a, Vector bound) {
  return _mm512_min_epu64(a, sub64(a, bound));
}

/// Calls f with std::integral_constant 0, 1, ..., kCount - 1; unrolled on every compiler.
template <std::size_t kCount, class F>
[[gnu::always_inline]] inline void unrolled(F&& f) {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
    (f(std::integral_constant<std::size_t, kIndex>{}), ...);
  }
  (std::make_index_sequence<kCount>{});
}

/// The constants of one modulus, spread over all lanes.
struct VectorModulus {
  explicit VectorModulus(const arith::Modulus& modulus)
      : q(broadcast(modulus.value())),
        twice(broadcast(2 * modulus.value())),
        quad(broadcast(4 * modulus.value())),
        minus_q(broadcast((std::uint64_t{1} << arith::kShoupBits) - modulus.value())),
        ratio(broadcast(modulus.ratio52())),
        radix(broadcast(modulus.radix52())),
        radix_quotient(broadcast(modulus.radix52_quotient())) {}

  Vector q;
  Vector twice;
  Vector quad;
  Vector minus_q;  ///< 2^52 - q: adding its multiples subtracts those of q modulo 2^52
  Vector ratio;
  Vector radix;
  Vector radix_quotient;
};

/// a * w up to one q too much, right modulo 2^52 (bits above are noise). a < 2^52.
inline Vector multiply_noisy(Vector a, Vector w, Vector w_quotient, const VectorModulus& m) {
  const Vector quotient = add_high(zero(), a, w_quotient);
  return add_low(add_low(zero(), a, w), quotient, m.minus_q);
}

/// a * w in [0, 2q); a < 2^52.
inline Vector multiply_lazy(Vector a, Vector w, Vector w_quotient, const VectorModulus& m) {
  return low52(multiply_noisy(a, w, w_quotient, m));
}

/// The low 52 bits of a, up to one q too much: in [0, 2q).
inline Vector reduce_lazy(Vector a, const VectorModulus& m) {
  const Vector low = low52(a);
  return low52(add_low(low, add_high(zero(), low, m.ratio), m.minus_q));
}

/// high * 2^52 + low mod q in [0, 4q), where floor of that over 2^52 stays below 2^52; any low.
inline Vector reduce_sum_lazy(Vector high, Vector low, const VectorModulus& m) {
  high = add64(high, _mm512_srli_epi64(low, arith::kShoupBits));
  low = low52(low);
  const Vector quotient = add_high(add_high(zero(), high, m.radix_quotient), low, m.ratio);
  return low52(add_low(add_low(low, high, m.radix), quotient, m.minus_q));
}

/// The same, canonical.
inline Vector reduce_sum(Vector high, Vector low, const VectorModulus& m) {
  return reduce_once(reduce_once(reduce_sum_lazy(high, low, m), m.twice), m.q);
}

/// A sum of products in two halves, reduced once at the end.
struct Accumulator {
  Vector low = zero();
  Vector high = zero();

  void add_product(Vector a, Vector b) {
    low = add_low(low, a, b);
    high = add_high(high, a, b);
  }
  [[nodiscard]] Vector reduced(const VectorModulus& m) const { return reduce_sum(high, low, m); }
  /// Makes room for as many products again.
  void fold(const VectorModulus& m) {
    low = reduced(m);
    high = zero();
  }
};

/// How many products of a number below 2^bits_a and one below 2^bits_b, and one residue, an
/// Accumulator takes before it must be folded: their sum stays below 2^104, each half below 2^64.
inline std::size_t products_per_fold(int bits_a, int bits_b) {
  const int room = 104 - bits_a - bits_b;
  return std::size_t{1} << (room < 11 ? room : 11);
}

}  // namespace obscura::fhe::kernels::avx512ifma
