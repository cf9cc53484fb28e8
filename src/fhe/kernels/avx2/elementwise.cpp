#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/vector.hpp"

namespace obscura::fhe::kernels::avx2 {
namespace {

using arith::Modulus;

// a + q in lanes where a, taken as signed, is negative.
Words add_if_negative(Words a, Words q) {
  const Words sum = _mm256_add_epi64(a, q);
  return _mm256_castpd_si256(
      _mm256_blendv_pd(_mm256_castsi256_pd(a), _mm256_castsi256_pd(sum), _mm256_castsi256_pd(a)));
}

Words difference(Words a, Words b, Words q) {
  return add_if_negative(_mm256_sub_epi64(a, b), q);
}

}  // namespace

void add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const Words bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) {
    store(out + i, add_if_negative(_mm256_sub_epi64(_mm256_add_epi64(load(a + i), load(b + i)), bound), bound));
  }
}

void sub(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const Words bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) store(out + i, difference(load(a + i), load(b + i), bound));
}

void negate(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& q) {
  const Words bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) store(out + i, difference(_mm256_setzero_si256(), load(a + i), bound));
}

void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    store(out + i, canonical(multiply(load_doubles(a + i), load_doubles(b + i), m), m));
  }
}

void multiply_add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Doubles product = multiply(load_doubles(a + i), load_doubles(b + i), m);
    store(out + i, canonical(reduce(_mm256_add_pd(load_doubles(out + i), product), m), m));
  }
}

// A factor of at most q/2 keeps the quotient of a < 2^52 below 2^51.
void multiply_scalar(std::uint64_t* out, const std::uint64_t* a, std::size_t n, arith::ShoupFactor w,
                     const Modulus& q) {
  const VectorModulus m(q);
  const Doubles factor = centered(to_doubles(broadcast(w.w)), m);
  for (std::size_t i = 0; i < n; i += kLanes) {
    store(out + i, canonical(reduce(multiply(load_doubles(a + i), factor, m), m), m));
  }
}

void subtract_multiply_scalar(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                              arith::ShoupFactor w, const Modulus& q) {
  const VectorModulus m(q);
  const Doubles factor = to_doubles(broadcast(w.w));
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Doubles d = _mm256_sub_pd(load_doubles(a + i), load_doubles(b + i));
    store(out + i, canonical(multiply(d, factor, m), m));
  }
}

// An automorphism maps each aligned four evaluations to one aligned four, as it does eights: both follow from the order
// of evaluations, whose low bits of the index are the high bits of the exponent.
void permute(std::uint64_t* out, const std::uint64_t* a, const Permutation& permutation, std::size_t n) {
  constexpr std::size_t kEight = 8;
  const Words upper_half = broadcast(0x1'0000'0000);
  for (std::size_t d = 0; d < n / kEight; ++d) {
    const std::uint32_t from = permutation.from[d];
    const std::uint64_t* const source = a + from / kEight * kEight;
    for (std::size_t half = 0; half < kEight; half += kLanes) {
      const std::uint64_t* const lanes = permutation.lanes[from % kEight].data() + half;
      const Words lane = _mm256_and_si256(load(lanes), broadcast(kLanes - 1));
      const Words lower = _mm256_slli_epi64(lane, 1);
      const Words upper = _mm256_or_si256(_mm256_slli_epi64(lane, 33), upper_half);
      const Words four = load(source + (lanes[0] & ~std::uint64_t{kLanes - 1}));
      store(out + kEight * d + half, _mm256_permutevar8x32_epi32(four, _mm256_or_si256(lower, upper)));
    }
  }
}

}  // namespace obscura::fhe::kernels::avx2
