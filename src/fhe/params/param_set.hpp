#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/arith/modulus.hpp"
#include "fhe/params/index.hpp"

namespace obscura::fhe::params {

/// Classical security in bits that a parameter set claims.
enum class Security : int { k128 = 128, k192 = 192, k256 = 256 };

/// Largest log2(QP) for ring degree 2^log_n, dense uniform ternary secret and error of standard
/// deviation 3.24; 0 where the table has no entry. 128 bit: own cap, at least 130 bits under the MATZOV
/// cost model; 192 and 256 bit: Bossuat et al., Security Guidelines for Implementing Homomorphic
/// Encryption, 2024, table 5.2.
[[nodiscard]] int max_log_qp(Security security, int log_n);

/// Most primes in the chain, and most special primes.
inline constexpr int kMaxPrimes = 64;

/// What somebody wishes for: sizes of primes in bits, q_0 first.
struct ParamLiteral {
  int log_n = 0;            ///< ring degree N = 2^log_n, 11..17
  std::vector<int> q_bits;  ///< chain q_0..q_L, each 20..50 bits, 1..64 of them
  std::vector<int> p_bits;  ///< special primes of key switching, each 20..50 bits, 1..64 of them
  Security security = Security::k128;
  friend bool operator==(const ParamLiteral&, const ParamLiteral&) = default;
};

/// A test-size or otherwise insecure wish (log_n from 4). Everything made with it is marked.
struct InsecureParamLiteral {
  ParamLiteral literal;
};

/// Consecutive primes q_first .. q_(first+count-1) that form one gadget digit.
struct DigitRange {
  int first;
  int count;
  friend bool operator==(const DigitRange&, const DigitRange&) = default;
};

/// Validated, immutable parameters. Primes are chosen deterministically from the literal, so equal
/// literals mean equal primes everywhere: of each size the largest primes below 2^bits, handed out in
/// descending order to the special primes first (so that P covers equally sized digits), then to
/// q_0, q_1, ... Cheap to copy is not promised: pass by reference.
class ParamSet {
 public:
  /// Errors: kInsecure with the numbers when log2(QP) exceeds the cap; kUnsupported for sizes out of
  /// range, when too few primes of a size exist, or when a prime of the chain exceeds P.
  [[nodiscard]] static base::Result<ParamSet> create(const ParamLiteral& literal);
  [[nodiscard]] static base::Result<ParamSet> create_insecure(const InsecureParamLiteral& literal);

  [[nodiscard]] const ParamLiteral& literal() const { return literal_; }
  [[nodiscard]] bool insecure() const { return insecure_; }
  [[nodiscard]] int log_n() const { return literal_.log_n; }
  [[nodiscard]] int degree() const { return 1 << literal_.log_n; }
  [[nodiscard]] int slots() const { return degree() / 2; }
  [[nodiscard]] Level max_level() const { return Level(static_cast<int>(q_.size()) - 1); }
  [[nodiscard]] std::span<const arith::Modulus> q() const { return q_; }
  [[nodiscard]] std::span<const arith::Modulus> p() const { return p_; }
  [[nodiscard]] double log2_q(Level level) const;  ///< log2(q_0 ... q_level)
  [[nodiscard]] double log2_p() const;
  [[nodiscard]] double log2_qp() const;

  /// Gadget digits of the whole chain, filled greedily from q_0 so that each product stays at or below
  /// P (compared exactly, as integers); independent of the level, so a key for a high level serves lower ones by its
  /// first digits.
  [[nodiscard]] std::span<const DigitRange> digits() const { return digits_; }
  /// How many digits a polynomial of this level has (the last one may be cut short).
  [[nodiscard]] int digit_count(Level level) const;

 private:
  ParamSet() = default;
  [[nodiscard]] static base::Result<ParamSet> build(const ParamLiteral& literal, bool insecure);

  ParamLiteral literal_;
  bool insecure_ = false;
  std::vector<arith::Modulus> q_;
  std::vector<arith::Modulus> p_;
  std::vector<DigitRange> digits_;
};

}  // namespace obscura::fhe::params
