#pragma once

#include <vector>

#include "base/result.hpp"
#include "fhe/params/index.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::params {

/// The sparse secret of a bootstrap: its Hamming weight, and the largest log2 of a modulus that a key under it may
/// have, for 128 bits of security at N = 2^16 (Bossuat, Troncoso-Pastoriza, Hubaux, "Bootstrapping for approximate
/// homomorphic encryption with negligible failure-probability by using sparse-secret encapsulation", ACNS 2022; eprint
/// 2022/024).
inline constexpr int kSparseWeight = 32;
inline constexpr double kMaxSparseModulusBits = 100;
/// log2 of the largest failure probability of one bootstrap that is accepted.
inline constexpr double kMaxLog2Failure = -64;

/// What somebody wishes of a bootstrap, for the whole of a chain: from the bottom q_0, a prime for each matrix of
/// SlotsToCoeffs, those that stay usable, those of EvalMod, and on top one for each matrix of CoeffsToSlots. The primes
/// of EvalMod, from above, are q_l, q_(l-1), q_(l-2), and others of one size: T_2 of EvalMod's input stands at a larger
/// scale than T_4, whose square is divided by q_(l-1) q_(l-2); so x^4 / (q_l^2 q_(l-1) q_(l-2)) must have the size of
/// the others, to a tenth of a bit, at a scale of x that is a power of two. q_(l-1) is the smaller one.
struct BootstrapLiteral {
  int log_slots = 0;  ///< 2^log_slots values, repeated to fill the slots where they are fewer than those
  bool real = false;  ///< only the real part is kept: half of the work of EvalMod
  /// Butterfly stages of each matrix, in the order of use; at least one each, log_slots in all.
  std::vector<int> slots_to_coeffs = {};
  std::vector<int> coeffs_to_slots = {};
  int baby_steps = 8;           ///< baby rotations of each matrix: fewer keys, or fewer giant steps
  int message_ratio_bits = 11;  ///< log2 of q_0 / (scale at level 0)
  int range = 15;               ///< K: multiples of q_0 that EvalMod takes away
  int cosine_degree = 30;       ///< of the polynomial for the cosine, even, 4..62
  int double_angles = 3;        ///< how often its angle is doubled afterwards
  friend bool operator==(const BootstrapLiteral&, const BootstrapLiteral&) = default;
};

/// Levels that EvalMod takes for the polynomial of the cosine, which is one in x^2: as many as half its degree has
/// bits.
[[nodiscard]] int cosine_levels(const BootstrapLiteral& literal);

/// Whether a sparse secret may be used with these parameters: at N = 2^16 and 128 bits, or marked insecure. Its
/// largest modulus, q_0 p_0, is never above kMaxSparseModulusBits. Errors: kInsecure.
[[nodiscard]] base::Result<void> check_sparse_secret(const ParamSet& params);

/// A bootstrap that fits a parameter set: which level does what. Immutable.
/// The order of phases is SlotsToCoeffs, ModRaise, CoeffsToSlots, EvalMod, so that EvalMod sees the values of the
/// slots: each, or each of its real and imaginary part, is at most 1 in magnitude. A larger value v is not refused but
/// comes out as R / (2 pi) sin(2 pi v / R), R = q_0 / (scale at level 0).
class BootstrapParams {
 public:
  /// Errors: kUnsupported for a literal out of range or a chain that is too short, kInsecure for a sparse secret where
  /// it is not secure (unless the parameters are marked insecure), kLimit for a failure probability above 2^-64.
  [[nodiscard]] static base::Result<BootstrapParams> create(const ParamSet& params, const BootstrapLiteral& literal);

  [[nodiscard]] const BootstrapLiteral& literal() const { return literal_; }
  [[nodiscard]] int log_n() const { return log_n_; }
  /// What the input is brought to: one level per matrix of SlotsToCoeffs.
  [[nodiscard]] Level input_level() const { return Level(static_cast<int>(literal_.slots_to_coeffs.size())); }
  [[nodiscard]] Level output_level() const { return Level(eval_mod_level().value() - eval_mod_depth()); }
  /// Levels from a result down to the next bootstrap's input.
  [[nodiscard]] int usable_levels() const { return output_level().value() - input_level().value(); }
  /// Where CoeffsToSlots and EvalMod begin.
  [[nodiscard]] Level top_level() const { return top_; }
  [[nodiscard]] Level eval_mod_level() const {
    return Level(top_.value() - static_cast<int>(literal_.coeffs_to_slots.size()));
  }
  [[nodiscard]] int eval_mod_depth() const;
  /// The scale at level 0, between SlotsToCoeffs and ModRaise: q_0 / 2^message_ratio_bits.
  [[nodiscard]] Scale bottom_scale() const;
  /// log2 of a bound of the probability that one bootstrap gives a wrong value.
  [[nodiscard]] double log2_failure() const { return log2_failure_; }

 private:
  BootstrapParams() = default;
  BootstrapLiteral literal_;
  int log_n_ = 0;
  Level top_;
  double log2_failure_ = 0;
};

}  // namespace obscura::fhe::params
