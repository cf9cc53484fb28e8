#pragma once

#include "fhe/circuits/linear_transform.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::bench::operations {

/// What one call has to do at least. Counted from the algorithm, not from the code: what the code does beyond it is
/// what the efficiency figure shows.
struct Work {
  double transforms = 0;    ///< NTTs of one limb, forward or inverse
  double lane_ops = 0;      ///< 52-bit multiply-adds (or what takes as long) per coefficient, over all limbs
  double random_bytes = 0;  ///< key stream of the random generator
  double bytes = 0;         ///< operands, keys, diagonals and results, each once
};
[[nodiscard]] Work operator+(const Work& a, const Work& b);
[[nodiscard]] Work operator*(double times, const Work& work);

/// Lane operations per coefficient: a product added to a lazy sum is a low and a high half; a sum is reduced with a
/// quotient and a product by the prime; a constant factor has its quotient precomputed; a modular sum takes three
/// additions, of which two run in the time of one product.
inline constexpr double kMultiplyAdd = 2;
inline constexpr double kReduction = 2;
inline constexpr double kScaling = 3;
inline constexpr double kModularSum = 1.5;

/// The parts of operations on polynomials of one level. L = level + 1 limbs, k special primes, d digits.
class WorkModel {
 public:
  /// `params` must outlive the model.
  WorkModel(const fhe::params::ParamSet& params, fhe::params::Level level);

  /// Memory of `limbs` limbs, read or written.
  [[nodiscard]] Work memory(double limbs) const;
  /// Digits of one polynomial, lifted to Q_l P.
  [[nodiscard]] Work mod_up() const;
  /// The digits times both halves of a switching key, and the key's memory.
  [[nodiscard]] Work key_product() const;
  /// One polynomial divided by P, or by P q_l.
  [[nodiscard]] Work mod_down(bool rescale) const;
  /// All of it, for the two polynomials that a key gives.
  [[nodiscard]] Work key_switch(bool rescale) const;
  /// The complex FFT of N/2 between slots and coefficients: (N/4) log2(N/2) butterflies of eight operations, two a
  /// cycle.
  [[nodiscard]] Work embedding() const;
  /// circuits::apply with extended diagonals, rescaled.
  [[nodiscard]] Work extended_transform(const fhe::circuits::LinearTransform& transform, bool encrypted) const;

  [[nodiscard]] double limbs() const { return q_; }
  [[nodiscard]] double extended_limbs() const { return q_ + p_; }
  [[nodiscard]] double digits() const { return digits_; }

 private:
  [[nodiscard]] Work giant_step(bool rotated, bool encrypted) const;

  const fhe::params::ParamSet* params_;
  fhe::params::Level level_;
  double q_;
  double p_;
  double digits_;
};

}  // namespace obscura::bench::operations
