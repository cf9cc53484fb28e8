#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/buffer.hpp"
#include "fhe/ring/for_each_limb.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring::detail {

/// The gadget digits of one level: ranges cut to the primes that are left.
class DigitCut {
 public:
  DigitCut(const params::ParamSet& params, params::Level level) : q_count_(level.value() + 1) {
    digits_ = params.digits().first(static_cast<std::size_t>(params.digit_count(level)));
  }
  [[nodiscard]] int count() const { return static_cast<int>(digits_.size()); }
  [[nodiscard]] int first(int digit) const { return digits_[static_cast<std::size_t>(digit)].first; }
  [[nodiscard]] int primes(int digit) const {
    return std::min(digits_[static_cast<std::size_t>(digit)].count, q_count_ - first(digit));
  }
  [[nodiscard]] bool owns(int digit, int limb) const {
    return limb >= first(digit) && limb < first(digit) + primes(digit);
  }
  [[nodiscard]] int digit_of(int limb) const {
    int digit = 0;
    while (!owns(digit, limb)) ++digit;
    return digit;
  }

 private:
  std::span<const params::DigitRange> digits_;
  int q_count_;
};

/// Where the limbs of a block go; nullptr for limbs that are not wanted.
using BlockRows = std::array<std::uint64_t*, kMostLimbsPerBlock>;

/// The coefficients of a polynomial modulo Q_l, ready to be lifted digit by digit to other primes.
class DigitRows {
 public:
  /// Cost: (l+1) inverse NTTs.
  DigitRows(const RingContext& ring, const EvaluationPoly& a);

  [[nodiscard]] const DigitCut& cut() const { return cut_; }
  [[nodiscard]] const Basis& basis() const { return basis_; }  ///< Q_l P

  /// Coefficients of one digit modulo the primes of limbs first .. first + count - 1 of basis(), each in [0, 4q),
  /// written where `out` is not nullptr. The digit's own limbs are those of the polynomial: nothing is to be lifted
  /// there.
  void lift(int digit, int first, int count, const BlockRows& out) const;

 private:
  [[nodiscard]] std::span<std::uint64_t> row(int i);
  [[nodiscard]] const std::uint64_t* row(int i) const;
  void prepare_quotients(int digit);

  const RingContext& ring_;
  DigitCut cut_;
  Basis basis_;
  /// Row i < l+1 is limb i (scaled, if its digit has several primes), row l + 1 + d holds the multiples of digit d, if
  /// it has several primes.
  base::Buffer rows_;
};

}  // namespace obscura::fhe::ring::detail
