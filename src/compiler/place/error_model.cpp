#include "compiler/place/error_model.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "compiler/place/cost_model.hpp"
#include "fhe/params/noise.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

namespace program = plan::program;
using fhe::params::Level;

/// Scales at or below 1 are refused by the program's verification.
constexpr double kLeastScaleBits = 1;

double square_of(double x) {
  return x * x;
}

}  // namespace

ErrorModel::Node ErrorModel::make_node(const program::Program& program, std::size_t index, int& linears) {
  const program::Instruction& instruction = program.instructions[index];
  const auto operands = program::operands_of(instruction.operation);
  Node node{Kind::kExact, -1, instruction.level.value(), 0, -1, 0, false, false, 0};
  if (operands.empty()) {
    node.kind = Kind::kInput;
    node.choice = 0;
    return node;
  }
  node.operand = operands.front().value();
  node.operand_level = program.instructions[static_cast<std::size_t>(node.operand)].level.value();
  if (const auto* linear = std::get_if<program::Linear>(&instruction.operation)) {
    const TransformShape shape = shape_of(*linear);
    node.kind = Kind::kLinear;
    node.choice = ++linears;
    node.switches = 2.0 * shape.giants + (shape.plain_giant ? 1 : 0);
    node.extended = linear->extended;
    node.rescale = linear->rescale;
  } else if (std::holds_alternative<program::Square>(instruction.operation)) {
    node.kind = Kind::kSquare;
    node.rescale = true;
  } else if (std::holds_alternative<program::AddBias>(instruction.operation)) {
    node.kind = Kind::kBias;
  } else if (std::holds_alternative<program::Rotate>(instruction.operation) ||
             std::holds_alternative<program::Conjugate>(instruction.operation)) {
    node.kind = Kind::kKeySwitch;
  }
  return node;
}

ErrorModel::ErrorModel(const program::Program& program, const Calibration& calibration,
                       const fhe::params::ParamSet& params, double head_room)
    : calibration_(&calibration) {
  OBSCURA_CHECK(calibration.magnitude.size() == program.instructions.size(), "the calibration is of another program");
  const fhe::params::NoiseModel noise(params);
  encode_ = square_of(noise.encode());
  const bool under_secret = program.sealing_key == program::SealingKey::kSecret;
  sealing_ = square_of(under_secret ? noise.encrypt_symmetric() : noise.encrypt_public(params.max_level()));
  sealing_extended_ = square_of(under_secret ? noise.encrypt_symmetric() : noise.encrypt_public_extended());
  rounding_ = square_of(noise.division_rounding());
  slots_ = params.slots();
  double modulus = 0;
  for (int l = 0; l <= params.max_level().value(); ++l) {
    const double prime = std::log2(static_cast<double>(params.q()[static_cast<std::size_t>(l)].value()));
    modulus += prime;
    levels_.push_back(
        {square_of(noise.encrypt_public(Level(l))), square_of(noise.key_switch(Level(l))), prime, modulus});
  }
  int linears = 0;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    nodes_.push_back(make_node(program, i, linears));
    nodes_.back().magnitude_bits = std::log2(std::max(calibration.magnitude[i], 1e-30) * head_room) + 1;
  }
}

double ErrorModel::result_bits(const Node& node, double operand_bits, const std::vector<int>& choice) const {
  if (node.choice >= 0) return choice[static_cast<std::size_t>(node.choice)];
  if (node.kind == Kind::kSquare) {
    return 2 * operand_bits - levels_[static_cast<std::size_t>(node.operand_level)].log2_prime;
  }
  return operand_bits;
}

Gain ErrorModel::source(const Node& node, double scale_bits, double operand_bits) const {
  const auto per_slot = [&](double variance, double bits) { return variance * slots_ * std::exp2(-2 * bits); };
  const LevelNoise& here = levels_[static_cast<std::size_t>(node.level)];
  const LevelNoise& before = levels_[static_cast<std::size_t>(node.operand_level)];
  Gain made;
  switch (node.kind) {
    case Kind::kExact:
      break;
    case Kind::kInput:
      made.result = per_slot(encode_ + here.encrypt, scale_bits);
      break;
    case Kind::kBias:
      made.result = per_slot(encode_ + sealing_, scale_bits);
      break;
    case Kind::kKeySwitch:
      made.result = per_slot(here.key_switch + rounding_, scale_bits);
      break;
    case Kind::kSquare:
      made.result = per_slot(before.key_switch + rounding_, 2 * operand_bits) + per_slot(rounding_, scale_bits);
      break;
    case Kind::kLinear: {
      const double dropped = node.rescale ? before.log2_prime : 0;
      const double sealing = node.extended ? sealing_extended_ : sealing_;
      made.weight = per_slot(encode_ + sealing, scale_bits + dropped - operand_bits);
      made.baby = per_slot(before.key_switch + (node.extended ? 0 : rounding_), operand_bits);
      made.result = node.switches * per_slot(before.key_switch + rounding_, scale_bits + dropped);
      if (node.rescale) made.result += per_slot(rounding_, scale_bits);
      break;
    }
  }
  return made;
}

std::vector<Gain> ErrorModel::sources(const std::vector<int>& choice) const {
  std::vector<Gain> made;
  std::vector<double> bits;
  for (const Node& node : nodes_) {
    const double operand_bits = node.operand < 0 ? 0 : bits[static_cast<std::size_t>(node.operand)];
    bits.push_back(result_bits(node, operand_bits, choice));
    made.push_back(source(node, bits.back(), operand_bits));
  }
  return made;
}

Prediction ErrorModel::predict(const std::vector<int>& choice) const {
  Prediction prediction;
  std::vector<double> bits;
  std::vector<double> variance(calibration_->gains.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const double operand_bits = node.operand < 0 ? 0 : bits[static_cast<std::size_t>(node.operand)];
    bits.push_back(result_bits(node, operand_bits, choice));
    const LevelNoise& here = levels_[static_cast<std::size_t>(node.level)];
    prediction.overflow_bits += std::max(0.0, bits.back() + node.magnitude_bits - here.log2_modulus);
    prediction.overflow_bits += std::max(0.0, kLeastScaleBits - bits.back());
    if (node.kind == Kind::kLinear) {
      const double dropped = node.rescale ? levels_[static_cast<std::size_t>(node.operand_level)].log2_prime : 0;
      const double weight_bits = bits.back() + dropped - operand_bits;
      prediction.overflow_bits += std::max(0.0, weight_bits - program::kMaxWeightScaleBits);
      prediction.overflow_bits += std::max(0.0, kLeastScaleBits - weight_bits);
    }
    const Gain made = source(node, bits.back(), operand_bits);
    for (std::size_t j = 0; j < variance.size(); ++j) {
      const Gain& gain = calibration_->gains[j][i];
      variance[j] += gain.result * made.result + gain.weight * made.weight + gain.baby * made.baby;
    }
  }
  const double worst = variance.empty() ? 0 : *std::max_element(variance.begin(), variance.end());
  prediction.log2_sd = 0.5 * std::log2(std::max(worst, 1e-300));
  return prediction;
}

}  // namespace obscura::compiler::place
