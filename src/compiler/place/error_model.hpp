#pragma once

#include <span>
#include <vector>

#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// How errors that an instruction makes reach a score: the score's variance is the sum of gain times variance, per
/// slot and real component, or of one number where it is `relative`.
struct Gain {
  double result = 0;    ///< errors added to the result
  double weight = 0;    ///< errors of the encrypted diagonals
  double baby = 0;      ///< errors of the operands rotated by baby steps
  double relative = 0;  ///< one relative error that all slots of the result share
};

/// What the calibration inputs say about a program: how large its values get and how errors travel.
struct Calibration {
  std::vector<double> magnitude;         ///< largest |slot| of each result, junk included. [instructions]
  std::vector<std::vector<Gain>> gains;  ///< mean over the inputs. [scores][instructions]
};

/// The prediction for one choice of scales.
struct Prediction {
  double log2_sd = 0;        ///< of the worst score's error
  double overflow_bits = 0;  ///< by how much values outgrow their moduli, summed; 0 = everything fits
};

/// Predicts the error of the scores of a program whose levels stand, under one parameter set, for any scales:
/// fresh encryptions, weights, key switching and rounding by fhe::params::NoiseModel, the rounded integer of a
/// ChangeScale as one relative error of 1 / (K sqrt(12)), a bootstrap by fhe/params/bootstrap_error.hpp, its bias at
/// the end of its range counted as if it were noise, each weighed with its gain. To first order: products of two errors
/// count only as far as gains were observed with errors in the values. Every instruction makes its errors at its level
/// of work (plan::program::working_level).
class ErrorModel {
 public:
  /// `head_room`: results may grow to this multiple of their calibrated magnitude before they wrap.
  ErrorModel(const plan::program::Program& program, const Calibration& calibration, const fhe::params::ParamSet& params,
             double head_room);

  /// For log2 of each instruction's scale. [instructions] Cost: instructions x scores.
  [[nodiscard]] Prediction predict(const std::vector<double>& scale_bits) const;
  /// What one instruction adds to either sum of a prediction: depends on its own scale and on those of its operands.
  /// Bits of overflow:
  [[nodiscard]] double overflow(std::size_t instruction, const std::vector<double>& scale_bits) const;
  /// Variance of every score. [scores]
  void add_variance(std::size_t instruction, const std::vector<double>& scale_bits, std::span<double> variance) const;
  /// The error of scores of which the worst has this variance.
  [[nodiscard]] static double log2_sd_of(double variance);
  [[nodiscard]] std::size_t scores() const { return calibration_->gains.size(); }
  /// Variances of the errors that every instruction makes. [instructions]
  [[nodiscard]] std::vector<Gain> sources(const std::vector<double>& scale_bits) const;

 private:
  struct Node;
  [[nodiscard]] Gain source(const Node& node, const std::vector<double>& bits, double own_bits) const;
  [[nodiscard]] double overflow(const Node& node, const std::vector<double>& bits, double own_bits) const;
  [[nodiscard]] double factor_bits(const Node& node, const std::vector<double>& bits, double own_bits) const;

  struct LevelNoise {
    double encrypt = 0;  ///< variances of a coefficient
    double key_switch = 0;
    double log2_prime = 0;
    double log2_modulus = 0;
  };
  enum class Kind { kInput, kLinear, kBias, kProduct, kChangeScale, kKeySwitch, kBootstrap, kExact };
  struct Node {
    Kind kind = Kind::kExact;
    std::vector<std::size_t> operands;  ///< instruction numbers; a Square names its own twice
    std::size_t level = 0;              ///< of the result
    std::size_t work_level = 0;         ///< at which it computes; one higher when it rescales
    double switches = 0;                ///< key switches in a Linear
    bool extended = false;
    int log2_range = 0;  ///< of a Bootstrap
    double magnitude_bits = 0;
  };
  void prepare_bootstraps(const plan::program::Program& program, const fhe::params::ParamSet& params);
  [[nodiscard]] static Node make_node(const plan::program::Instruction& instruction);

  std::vector<Node> nodes_;
  std::vector<LevelNoise> levels_;
  double encode_ = 0;
  double sealing_ = 0;           ///< variance of a coefficient of a fresh weight modulo Q_l
  double sealing_extended_ = 0;  ///< the same modulo Q_l P
  double rounding_ = 0;
  /// Variance that a bootstrap of values of at most 1 adds, by whole bits of the scale at which it takes them, and of
  /// that at which it leaves them, both from kLeastBootstrapBits: two parts of a sum.
  std::vector<double> bootstrap_in_;
  std::vector<double> bootstrap_out_;
  double bootstrap_last_bits_ = 0;  ///< of the last matrix of SlotsToCoeffs, together with the scale of what it takes
  double slots_ = 0;
  const Calibration* calibration_;
};

/// log2 of the scale of each instruction of a program whose scales stand. [instructions]
[[nodiscard]] std::vector<double> scale_bits_of(const plan::program::Program& program,
                                                const fhe::params::ParamSet& params);

}  // namespace obscura::compiler::place
