#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "fhe/arith/modulus.hpp"

/// Four lanes, and the arithmetic that all kernels of this folder share: AVX2 has no wide integer product, so residues
/// are held as integers in doubles, and FMA gives both halves of a product exactly (van der Hoeven, Lecerf and Quintin,
/// "Modular SIMD arithmetic in Mathemagic", 2014, section 3).
///
/// Everywhere below, doubles hold integers of magnitude at most 2^53, so that sums and differences are exact, and the
/// processor rounds to nearest. Residues never make denormals, so no operation's time depends on them.
namespace obscura::fhe::kernels::avx2 {

using Words = __m256i;
using Doubles = __m256d;

inline constexpr std::size_t kLanes = 4;

/// Vectors of a cache line. Limbs stand a power of two apart, so that a kernel that walks many of them takes each line
/// whole before the next limb evicts it.
inline constexpr std::size_t kLineVectors = 2;
inline constexpr std::size_t kLine = kLineVectors * kLanes;

/// Added to a number of magnitude up to 2^51, 1.5 * 2^52 rounds it to an integer; subtracted, it leaves that integer.
inline constexpr double kRounder = 6755399441055744.0;
/// The low 52 bits of the double 2^52 + x are x, for integers x in [0, 2^52).
inline constexpr double kTwo52 = 4503599627370496.0;

inline Words load(const std::uint64_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline void store(std::uint64_t* p, Words v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
}
inline Words broadcast(std::uint64_t v) {
  return _mm256_set1_epi64x(static_cast<long long>(v));
}

/// x in [0, 2^52) as doubles.
inline Doubles to_doubles(Words x) {
  const Doubles two52 = _mm256_set1_pd(kTwo52);
  return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(x), two52), two52);
}
/// x in [0, 2^52) as words.
inline Words to_words(Doubles x) {
  const Doubles two52 = _mm256_set1_pd(kTwo52);
  return _mm256_castpd_si256(_mm256_xor_pd(_mm256_add_pd(x, two52), two52));
}
inline Doubles load_doubles(const std::uint64_t* p) {
  return to_doubles(load(p));
}

/// The constants of one modulus, spread over all lanes.
struct VectorModulus {
  VectorModulus() = default;
  explicit VectorModulus(const arith::Modulus& modulus)
      : q(_mm256_set1_pd(static_cast<double>(modulus.value()))),
        inverse(_mm256_set1_pd(1.0 / static_cast<double>(modulus.value()))) {}

  Doubles q;
  Doubles inverse;  ///< 1/q within 2^-53 of itself
};

/// The integer nearest to a * b up to its rounding, |a * b| <= 2^51.
inline Doubles rounded_product(Doubles a, Doubles b) {
  const Doubles rounder = _mm256_set1_pd(kRounder);
  return _mm256_sub_pd(_mm256_fmadd_pd(a, b, rounder), rounder);
}

/// x minus a multiple of q, |x| <= 2^53, |x| <= 2^51 q: magnitude at most q/2 + 1, so below q.
/// The quotient is off by 1/2 and |x| / q * 2^-53; the difference is an integer below 2^53, so FMA gives it exactly.
inline Doubles reduce(Doubles x, const VectorModulus& m) {
  return _mm256_fnmadd_pd(rounded_product(x, m.inverse), m.q, x);
}

/// a * b minus a multiple of q, |a * b| <= 2^51 q: magnitude at most q/2 + |a * b| * 2^-52, in units of q
/// 1/2 + |a * b / q| * 2^-52.
/// high + low is the product exactly; high / q is off by two roundings, its integer by 1/2 more; high - quotient * q is
/// the result minus low, an integer below 2^53, so FMA gives it exactly.
inline Doubles multiply(Doubles a, Doubles b, const VectorModulus& m) {
  const Doubles high = _mm256_mul_pd(a, b);
  const Doubles low = _mm256_fmsub_pd(a, b, high);
  const Doubles quotient = rounded_product(high, m.inverse);
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.q, high), low);
}

/// x in [0, q) moved to [-q/2, q/2].
inline Doubles centered(Doubles x, const VectorModulus& m) {
  const Doubles half = _mm256_mul_pd(m.q, _mm256_set1_pd(0.5));
  return _mm256_sub_pd(x, _mm256_and_pd(_mm256_cmp_pd(x, half, _CMP_GT_OQ), m.q));
}

/// The canonical residue of x in (-q, q).
inline Words canonical(Doubles x, const VectorModulus& m) {
  const Doubles is_negative = _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_LT_OQ);
  return to_words(_mm256_add_pd(x, _mm256_and_pd(is_negative, m.q)));
}

/// How many products of residues, or of a residue and a number below 2^50, a sum takes between two reductions: each is
/// at most 3/4 q, so that eight and one residue stay below 7q < 2^53.
inline constexpr std::size_t kProductsPerReduction = 8;

/// Calls f with std::integral_constant 0, 1, ..., kCount - 1; unrolled on every compiler.
template <std::size_t kCount, class F>
[[gnu::always_inline]] inline void unrolled(F&& f) {
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) __attribute__((always_inline)) {
    (f(std::integral_constant<std::size_t, kIndex>{}), ...);
  }
  (std::make_index_sequence<kCount>{});
}

}  // namespace obscura::fhe::kernels::avx2
