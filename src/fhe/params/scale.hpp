#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "fhe/params/index.hpp"

namespace obscura::fhe::params {

class ParamSet;

/// The factor between a message and the integers that carry it, kept exactly: 2^a * prod q_i^(e_i)
/// with integer exponents. Multiplying ciphertexts multiplies scales, rescaling divides by the actual
/// prime, and two scales are equal only if all exponents are: no approximate matching anywhere.
class Scale {
 public:
  /// 2^bits. Range of bits: -4096..4096.
  [[nodiscard]] static Scale power_of_two(int bits);

  [[nodiscard]] Scale operator*(const Scale& other) const;
  [[nodiscard]] Scale operator/(const Scale& other) const;
  [[nodiscard]] Scale times_prime(PrimeIndex prime) const;
  [[nodiscard]] Scale divided_by_prime(PrimeIndex prime) const;

  [[nodiscard]] double log2(const ParamSet& params) const;
  /// Nearest double; relative error below 2^-48 for exponents below 2^10.
  [[nodiscard]] double value(const ParamSet& params) const;

  /// Exponent of two and of q_0, q_1, ... (trailing zeros removed), for serialisation.
  [[nodiscard]] std::int64_t exponent_of_two() const { return two_; }
  [[nodiscard]] const std::vector<std::int64_t>& prime_exponents() const { return primes_; }
  /// Refuses exponents beyond +-4096 and more than 64 primes (kCorrupt).
  [[nodiscard]] static base::Result<Scale> from_exponents(std::int64_t two, std::vector<std::int64_t> primes);

  friend bool operator==(const Scale&, const Scale&) = default;

 private:
  std::int64_t two_ = 0;
  std::vector<std::int64_t> primes_;
};

}  // namespace obscura::fhe::params
