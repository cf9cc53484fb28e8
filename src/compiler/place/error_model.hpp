#pragma once

#include <vector>

#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// How errors that an instruction makes reach a score: the score's variance is the sum of gain times
/// variance per slot and real component.
struct Gain {
  double result = 0;  ///< errors added to the result
  double weight = 0;  ///< errors of the encrypted diagonals
  double baby = 0;    ///< errors of the operands rotated by baby steps
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
/// fresh encryptions, weights, key switching and rounding by fhe::params::NoiseModel, each weighed with its
/// gain. To first order: products of two errors are left out.
class ErrorModel {
 public:
  /// `head_room`: results may grow to this multiple of their calibrated magnitude before they wrap.
  ErrorModel(const plan::program::Program& program, const Calibration& calibration, const fhe::params::ParamSet& params,
             double head_room);

  /// `choice` as for assign_scales(). Cost: instructions x scores.
  [[nodiscard]] Prediction predict(const std::vector<int>& choice) const;
  /// Variance per slot and real component of the errors that every instruction makes. [instructions]
  [[nodiscard]] std::vector<Gain> sources(const std::vector<int>& choice) const;

 private:
  struct Node;
  [[nodiscard]] Gain source(const Node& node, double scale_bits, double operand_bits) const;
  [[nodiscard]] double result_bits(const Node& node, double operand_bits, const std::vector<int>& choice) const;

  struct LevelNoise {
    double encrypt = 0;  ///< variances of a coefficient
    double key_switch = 0;
    double log2_prime = 0;
    double log2_modulus = 0;
  };
  enum class Kind { kInput, kLinear, kBias, kSquare, kKeySwitch, kExact };
  struct Node {
    Kind kind;
    int operand;  ///< instruction number, -1 for inputs
    int level;    ///< of the result
    int operand_level;
    int choice;       ///< number of the scale that decides this result, -1 if none
    double switches;  ///< key switches in a Linear
    bool extended;
    bool rescale;
    double magnitude_bits;
  };
  [[nodiscard]] static Node make_node(const plan::program::Program& program, std::size_t index, int& linears);

  std::vector<Node> nodes_;
  std::vector<LevelNoise> levels_;
  double encode_ = 0;
  double sealing_ = 0;           ///< variance of a coefficient of a fresh weight modulo Q_l
  double sealing_extended_ = 0;  ///< the same modulo Q_l P
  double rounding_ = 0;
  double slots_ = 0;
  const Calibration* calibration_;
};

}  // namespace obscura::compiler::place
