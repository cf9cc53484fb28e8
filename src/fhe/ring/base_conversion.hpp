#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/conversion_target.hpp"

namespace obscura::fhe::ring {

/// Constants that lift residues modulo S = s_0 ... s_(k-1) to the integer they stand for in
/// [-S/2, S/2], taken modulo other primes t (Halevi, Polyakov, Shoup, CT-RSA 2019, section 2.2):
///   x = sum_j y_j S/s_j - v S,  y_j = x (S/s_j)^-1 mod s_j,  v = round(sum_j y_j / s_j).
/// v is computed in double precision, in a fixed order, so it is the same on every machine; it may be off by
/// one when x is within k^2 2^-52 S of -S/2 or S/2. The lift is then still congruent to x modulo S, and at
/// most (1/2 + k^2 2^-52) S in magnitude.
class CenteredConversion {
 public:
  /// 1..127 primes `from`, all different; `to` may contain some of them.
  CenteredConversion(std::span<const arith::Modulus> from, std::span<const arith::Modulus> to);

  [[nodiscard]] int inputs() const { return static_cast<int>(scales_.size()); }
  /// (S/s_j)^-1 mod s_j: turns residues into the scaled residues y_j.
  [[nodiscard]] const arith::ShoupFactor& scale(int j) const { return scales_[static_cast<std::size_t>(j)]; }

  /// 1/s_0, ..., 1/s_(k-1): what KernelTable::round_quotients takes to get v.
  [[nodiscard]] const double* reciprocals() const { return reciprocals_.data(); }

  /// What KernelTable::lift takes for target t of `to`, which is `modulus`, its inputs being y_0 .. y_(k-1) and v. The
  /// factors are S/s_0, ..., S/s_(k-1), -S modulo t. Valid as long as this and the modulus.
  [[nodiscard]] kernels::LiftTarget target(int t, std::uint64_t* out, const arith::Modulus& modulus) const {
    const auto row = static_cast<std::size_t>(t);
    return {.sum = {out, factors_.data() + row * (scales_.size() + 1), &modulus},
            .quotients = quotients_.data() + row * scales_.size(),
            .multiples = multiples_.data() + row * kernels::kMultiples};
  }

 private:
  std::vector<arith::ShoupFactor> scales_;
  std::vector<double> reciprocals_;
  std::vector<std::uint64_t> factors_;    ///< [targets][k + 1]
  std::vector<std::uint64_t> quotients_;  ///< [targets][k]
  std::vector<std::uint64_t> multiples_;  ///< [targets][kMultiples], of -S
};

}  // namespace obscura::fhe::ring
