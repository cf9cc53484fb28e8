#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fhe/arith/modulus.hpp"

namespace obscura::fhe::arith {

/// A natural number of any size: just what composing residues needs.
class BigUint {
 public:
  BigUint() = default;
  explicit BigUint(std::uint64_t value);

  /// *this = *this * factor + term. Cost: one word product per word.
  void multiply_add(std::uint64_t factor, std::uint64_t term);
  void add(const BigUint& other);
  /// other <= *this, else the caller has a bug.
  void subtract(const BigUint& other);
  /// floor(*this / 2).
  [[nodiscard]] BigUint half() const;

  /// -1, 0 or 1.
  [[nodiscard]] int compare(const BigUint& other) const;
  [[nodiscard]] int bit_length() const;
  /// Nearest long double, within 2^-63 of itself. At most 16383 bits.
  [[nodiscard]] long double to_long_double() const;
  /// Least significant word first, no leading zero words; empty for zero.
  [[nodiscard]] std::span<const std::uint64_t> words() const { return words_; }

 private:
  void trim();
  std::vector<std::uint64_t> words_;
};

/// Composes residues modulo pairwise different primes into the integer they stand for (mixed radix;
/// Garner, 1959). Immutable after construction; const calls are safe from several threads.
class CrtComposer {
 public:
  /// At least one modulus, all different.
  explicit CrtComposer(std::span<const Modulus> moduli);

  /// The integer x with x = residues[i] mod moduli[i] and -Q/2 < x < Q/2, Q the product of all
  /// moduli, exact before one rounding to long double. residues: [moduli], each in [0, q_i).
  /// Cost: about moduli^2 / 2 word products.
  [[nodiscard]] long double compose_centered(std::span<const std::uint64_t> residues) const;

  /// The same x as magnitude and sign (true = negative).
  [[nodiscard]] BigUint compose_centered(std::span<const std::uint64_t> residues, bool& negative) const;

  /// Q, and log2(Q).
  [[nodiscard]] const BigUint& product() const { return product_; }
  [[nodiscard]] double log2_product() const;

 private:
  std::vector<Modulus> moduli_;
  std::vector<ShoupFactor> steps_;  // row i, column j < i: 1 / q_j mod q_i
  BigUint product_;
  BigUint half_product_;
};

}  // namespace obscura::fhe::arith
