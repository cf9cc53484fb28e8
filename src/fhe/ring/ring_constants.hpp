#pragma once

#include <vector>

#include "fhe/arith/modulus.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/ring/base_conversion.hpp"

namespace obscura::fhe::ring {

/// Numbers that follow from the primes alone: inverses, and the base conversions of ModUp, ModDown and
/// rescaling. Targets of conversions are q_0 .. q_L, p_0 .. p_(k-1) in this order. Immutable.
class RingConstants {
 public:
  /// Cost: (L + 1 + k) (digits + L) k word products or so.
  explicit RingConstants(const params::ParamSet& params);

  /// P modulo q_i, and its inverse.
  [[nodiscard]] const arith::ShoupFactor& p_mod(int i) const { return p_mod_[index(i)]; }
  [[nodiscard]] const arith::ShoupFactor& inverse_of_p(int i) const { return inverse_of_p_[index(i)]; }
  /// 1/q_last and 1/(P q_last) modulo q_i; i < last.
  [[nodiscard]] const arith::ShoupFactor& inverse_of_prime(int last, int i) const {
    return inverse_of_prime_[index(last)][index(i)];
  }
  [[nodiscard]] const arith::ShoupFactor& inverse_of_p_and_prime(int last, int i) const {
    return inverse_of_p_and_prime_[index(last)][index(i)];
  }

  /// From the first `primes` primes of a gadget digit.
  [[nodiscard]] const CenteredConversion& from_digit(int digit, int primes) const {
    return from_digit_[index(digit)][index(primes - 1)];
  }
  /// From p_0 .. p_(k-1).
  [[nodiscard]] const CenteredConversion& from_p() const { return from_p_; }
  /// From p_0 .. p_(k-1), q_last.
  [[nodiscard]] const CenteredConversion& from_p_and_prime(int last) const { return from_p_and_prime_[index(last)]; }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  std::vector<arith::ShoupFactor> p_mod_;
  std::vector<arith::ShoupFactor> inverse_of_p_;
  std::vector<std::vector<arith::ShoupFactor>> inverse_of_prime_;
  std::vector<std::vector<arith::ShoupFactor>> inverse_of_p_and_prime_;
  std::vector<std::vector<CenteredConversion>> from_digit_;
  CenteredConversion from_p_;
  std::vector<CenteredConversion> from_p_and_prime_;
};

}  // namespace obscura::fhe::ring
