#include "fhe/ring/galois.hpp"

#include "base/check.hpp"

namespace obscura::fhe::ring {
namespace {

/// 2N - 1: reduces modulo 2N as a mask.
std::uint64_t mask_of(int log_n) {
  OBSCURA_CHECK(log_n >= 2 && log_n <= 30, "the ring degree is out of range");
  return (std::uint64_t{2} << log_n) - 1;
}

/// base^exponent modulo 2N; unsigned wrap-around is harmless since 2N divides 2^64.
std::uint64_t power(std::uint64_t base, std::uint64_t exponent, std::uint64_t mask) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = (result * base) & mask;
    base = (base * base) & mask;
  }
  return result;
}

}  // namespace

GaloisElement galois_of_rotation(params::RotationStep step, int log_n) {
  const std::uint64_t mask = mask_of(log_n);
  const std::int64_t slots = std::int64_t{1} << (log_n - 1);  // the order of 5 modulo 2N
  const std::int64_t steps = ((step.value() % slots) + slots) % slots;
  return GaloisElement(power(5, static_cast<std::uint64_t>(steps), mask));
}

GaloisElement galois_of_conjugation(int log_n) {
  return GaloisElement(mask_of(log_n));
}

GaloisElement galois_inverse(GaloisElement g, int log_n) {
  OBSCURA_CHECK(g.value() % 2 == 1, "a Galois element is odd");
  const std::uint64_t mask = mask_of(log_n);
  const std::uint64_t slots = std::uint64_t{1} << (log_n - 1);  // the exponent of the unit group of 2N
  return GaloisElement(power(g.value() & mask, slots - 1, mask));
}

}  // namespace obscura::fhe::ring
