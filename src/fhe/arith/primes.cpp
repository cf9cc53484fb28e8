#include "fhe/arith/primes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace obscura::fhe::arith {
namespace {

// Any 64-bit modulus, so not Modulus.
std::uint64_t mul_any(std::uint64_t a, std::uint64_t b, std::uint64_t n) {
  return static_cast<std::uint64_t>(u128{a} * b % n);
}

std::uint64_t pow_any(std::uint64_t base, std::uint64_t exponent, std::uint64_t n) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = mul_any(result, base, n);
    base = mul_any(base, base, n);
  }
  return result;
}

// Whether `base` proves n = odd * 2^twos + 1 composite.
bool is_witness(std::uint64_t base, std::uint64_t odd, int twos, std::uint64_t n) {
  std::uint64_t x = pow_any(base, odd, n);
  if (x == 1 || x == n - 1) return false;
  for (int i = 1; i < twos; ++i) {
    x = mul_any(x, x, n);
    if (x == n - 1) return false;
  }
  return true;
}

}  // namespace

bool is_prime(std::uint64_t n) {
  constexpr std::array<std::uint64_t, 12> kBases = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  if (n < 2) return false;
  for (const std::uint64_t p : kBases) {
    if (n % p == 0) return n == p;
  }
  const int twos = std::countr_zero(n - 1);
  const std::uint64_t odd = (n - 1) >> twos;
  return std::none_of(kBases.begin(), kBases.end(), [&](std::uint64_t b) { return is_witness(b, odd, twos, n); });
}

base::Result<std::vector<std::uint64_t>> ntt_primes(int bits, int log_n, int count,
                                                    std::span<const std::uint64_t> exclude) {
  if (log_n < 3 || log_n > 17) {
    return base::fail(base::ErrorCode::kUnsupported, fmt::format("No ring of degree 2^{} is supported.", log_n),
                      "Choose log2(N) from 3 to 17.");
  }
  if (bits < log_n + 2 || bits > kMaxModulusBits) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("Primes of {} bits cannot serve a ring of degree 2^{}.", bits, log_n),
                      fmt::format("Choose prime sizes from {} to {} bits.", log_n + 2, kMaxModulusBits));
  }
  std::vector<std::uint64_t> primes;
  const std::uint64_t step = std::uint64_t{2} << log_n;
  const std::uint64_t least = std::uint64_t{1} << (bits - 1);
  for (std::uint64_t q = 2 * least - step + 1; q > least && std::cmp_less(primes.size(), count); q -= step) {
    if (std::find(exclude.begin(), exclude.end(), q) == exclude.end() && is_prime(q)) primes.push_back(q);
  }
  if (std::cmp_less(primes.size(), count)) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("Only {} of {} primes of {} bits exist for a ring of degree 2^{}.", primes.size(),
                                  count, bits, log_n),
                      "Use larger primes or a smaller ring.");
  }
  return primes;
}

std::uint64_t primitive_root_2n(const Modulus& q, int log_n) {
  OBSCURA_CHECK(log_n >= 1 && log_n < kMaxModulusBits, "log_n out of range");
  const std::uint64_t n = std::uint64_t{1} << log_n;
  OBSCURA_CHECK((q.value() - 1) % (2 * n) == 0, "a modulus of this ring is 1 modulo 2N");
  // An element of order 2N is one whose N-th power is -1; the others are its odd powers.
  std::uint64_t root = 0;
  for (std::uint64_t g = 2; g < q.value(); ++g) {
    root = pow_mod(g, (q.value() - 1) / (2 * n), q);
    if (pow_mod(root, n, q) == q.value() - 1) break;
  }
  const std::uint64_t square = mul_mod(root, root, q);
  std::uint64_t smallest = root;
  for (std::uint64_t i = 1; i < n; ++i) {
    root = mul_mod(root, square, q);
    smallest = std::min(smallest, root);
  }
  return smallest;
}

}  // namespace obscura::fhe::arith
