#include "compiler/place/error_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "compiler/place/cost_model.hpp"
#include "fhe/params/bootstrap_error.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/noise.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

namespace program = plan::program;
using fhe::params::Level;

/// Scales at or below 1 are refused by the program's verification.
constexpr double kLeastScaleBits = 1;
/// So are scales at or above the modulus, however small the values.
constexpr double kLeastMagnitudeBits = 0.1;

/// Scales at which a bootstrap may take its operand, in bits, values counted to a range of 1.
constexpr int kLeastBootstrapBits = 20;
constexpr int kMostBootstrapBits = 60;
/// The last matrix of SlotsToCoeffs must not be rounded to fewer bits: the noise model leaves its encoding out.
constexpr double kLeastMatrixBits = 26;

/// Stands for no error at all.
constexpr double kLeastVariance = 1e-300;

double square_of(double x) {
  return x * x;
}

}  // namespace

ErrorModel::Node ErrorModel::make_node(const program::Instruction& instruction) {
  Node node;
  node.level = static_cast<std::size_t>(instruction.level.value());
  node.work_level = static_cast<std::size_t>(program::working_level(instruction).value());
  for (const program::ValueId id : program::operands_of(instruction.operation)) {
    node.operands.push_back(static_cast<std::size_t>(id.value()));
  }
  const auto product = [&] {
    node.kind = Kind::kProduct;
    if (node.operands.size() == 1) node.operands.push_back(node.operands.front());
  };
  std::visit(program::Match{[&](const program::Input&) { node.kind = Kind::kInput; },
                            [&](const program::Linear& linear) {
                              const TransformShape shape = shape_of(linear);
                              node.kind = Kind::kLinear;
                              node.switches = 2.0 * shape.giants + (shape.plain_giant ? 1 : 0);
                              node.extended = linear.extended;
                            },
                            [](const program::Join&) { OBSCURA_CHECK(false, "only the merge of a stage joins"); },
                            [&](const program::ChangeScale&) { node.kind = Kind::kChangeScale; },
                            [&](const program::Bootstrap& bootstrap) {
                              node.kind = Kind::kBootstrap;
                              node.log2_range = bootstrap.log2_range;
                            },
                            [&](const program::Square&) { product(); }, [&](const program::Multiply&) { product(); },
                            [&](const program::AddBias&) { node.kind = Kind::kBias; },
                            [&](const program::Rotate&) { node.kind = Kind::kKeySwitch; },
                            [&](const program::Conjugate&) { node.kind = Kind::kKeySwitch; },
                            [](const program::MultiplyByI&) {}, [](const program::Add&) {}},
             instruction.operation);
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
  if (program.bootstrap) prepare_bootstraps(program, params);
  double modulus = 0;
  for (int l = 0; l <= params.max_level().value(); ++l) {
    const double prime = std::log2(static_cast<double>(params.q()[static_cast<std::size_t>(l)].value()));
    modulus += prime;
    levels_.push_back(
        {square_of(noise.encrypt_public(Level(l))), square_of(noise.key_switch(Level(l))), prime, modulus});
  }
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    nodes_.push_back(make_node(program.instructions[i]));
    const double most = std::max(calibration.magnitude[i], 1e-30) * head_room;
    nodes_.back().magnitude_bits = std::max(std::log2(most) + 1, kLeastMagnitudeBits);
  }
}

void ErrorModel::prepare_bootstraps(const program::Program& program, const fhe::params::ParamSet& params) {
  const auto bootstrap = fhe::params::BootstrapParams::create(params, *program.bootstrap);
  OBSCURA_CHECK(bootstrap.has_value(), "the program's bootstraps do not fit its chain");
  const double exact =
      square_of(fhe::params::bootstrap_bias(*bootstrap, 1)) + square_of(fhe::params::bootstrap_truncation(*bootstrap));
  const auto variance = [&](int in, int out) {
    using fhe::params::Scale;
    const Scale from = Scale::power_of_two(in);
    return square_of(fhe::params::bootstrap_noise_sd(params, *bootstrap, from, Scale::power_of_two(out)));
  };
  const double most = variance(kMostBootstrapBits, kMostBootstrapBits);
  for (int bits = kLeastBootstrapBits; bits <= kMostBootstrapBits; ++bits) {
    bootstrap_in_.push_back(variance(bits, kMostBootstrapBits) - most);
    bootstrap_out_.push_back(variance(kMostBootstrapBits, bits) + exact);
  }
  const auto last_prime = fhe::params::Scale::power_of_two(0).times_prime(fhe::params::PrimeIndex(1));
  bootstrap_last_bits_ = (last_prime * bootstrap->bottom_scale()).log2(params);
}

/// Of what the operand is multiplied by: the weights of a Linear, the integer of a ChangeScale.
double ErrorModel::factor_bits(const Node& node, const std::vector<double>& bits, double own_bits) const {
  const double dropped = node.work_level > node.level ? levels_[node.work_level].log2_prime : 0;
  return own_bits + dropped - bits[node.operands.front()];
}

Gain ErrorModel::source(const Node& node, const std::vector<double>& bits, double own_bits) const {
  const auto per_slot = [&](double variance, double scale) { return variance * slots_ * std::exp2(-2 * scale); };
  const LevelNoise& work = levels_[node.work_level];
  const double key_switch = work.key_switch + rounding_;
  Gain made;
  switch (node.kind) {
    case Kind::kExact:
      break;
    case Kind::kInput:
      made.result = per_slot(encode_ + work.encrypt, own_bits);
      break;
    case Kind::kBias:
      made.result = per_slot(encode_ + sealing_, own_bits);
      break;
    case Kind::kKeySwitch:
      made.result = per_slot(key_switch, own_bits);
      break;
    case Kind::kProduct:
      made.result = per_slot(key_switch, own_bits + work.log2_prime) + per_slot(rounding_, own_bits);
      break;
    case Kind::kChangeScale:
      made.result = per_slot(rounding_, own_bits);
      made.relative = std::exp2(-2 * factor_bits(node, bits, own_bits)) / 12;
      break;
    case Kind::kBootstrap: {
      const auto at = [](const std::vector<double>& table, double scale) {
        const auto last = static_cast<std::ptrdiff_t>(table.size()) - 1;
        const auto index = std::clamp<std::ptrdiff_t>(std::lround(scale) - kLeastBootstrapBits, 0, last);
        return table[static_cast<std::size_t>(index)];
      };
      made.result = std::exp2(2 * node.log2_range) * (at(bootstrap_in_, bits[node.operands.front()] + node.log2_range) +
                                                      at(bootstrap_out_, own_bits + node.log2_range));
      break;
    }
    case Kind::kLinear: {
      const double sealing = node.extended ? sealing_extended_ : sealing_;
      const bool rescales = node.work_level > node.level;
      const double product_bits = own_bits + (rescales ? work.log2_prime : 0);
      made.weight = per_slot(encode_ + sealing, factor_bits(node, bits, own_bits));
      made.baby = per_slot(work.key_switch + (node.extended ? 0 : rounding_), bits[node.operands.front()]);
      made.result = node.switches * per_slot(key_switch, product_bits);
      if (rescales) made.result += per_slot(rounding_, own_bits);
      break;
    }
  }
  return made;
}

double ErrorModel::overflow(const Node& node, const std::vector<double>& bits, double own_bits) const {
  const auto beyond = [](double value, double most) { return std::max(0.0, value - most); };
  double sum = beyond(own_bits + node.magnitude_bits, levels_[node.level].log2_modulus);
  sum += beyond(kLeastScaleBits, own_bits);
  for (const std::size_t operand : node.operands) {
    if (nodes_[operand].level <= node.work_level) continue;
    sum += beyond(bits[operand] + nodes_[operand].magnitude_bits, levels_[node.work_level].log2_modulus);
  }
  if (node.kind == Kind::kLinear) {
    const double weight_bits = factor_bits(node, bits, own_bits);
    sum += beyond(weight_bits, program::kMaxWeightScaleBits) + beyond(kLeastScaleBits, weight_bits);
  }
  if (node.kind == Kind::kBootstrap) {
    const double taken = bits[node.operands.front()] + node.log2_range;
    const double left = own_bits + node.log2_range;
    sum += beyond(taken, kMostBootstrapBits) + beyond(kLeastBootstrapBits, taken);
    sum += beyond(left, kMostBootstrapBits) + beyond(kLeastBootstrapBits, left);
    sum += beyond(kLeastMatrixBits, bootstrap_last_bits_ - taken);
  }
  if (node.kind == Kind::kChangeScale) {
    const double factor = factor_bits(node, bits, own_bits);
    sum += beyond(factor, program::kMaxChangeScaleBits) + beyond(program::kLeastChangeScaleBits, factor);
  }
  return sum;
}

std::vector<Gain> ErrorModel::sources(const std::vector<double>& scale_bits) const {
  std::vector<Gain> made;
  for (std::size_t i = 0; i < nodes_.size(); ++i) made.push_back(source(nodes_[i], scale_bits, scale_bits[i]));
  return made;
}

Prediction ErrorModel::predict(const std::vector<double>& scale_bits) const {
  Prediction prediction;
  OBSCURA_CHECK(scale_bits.size() == nodes_.size(), "one scale for each instruction");
  std::vector<double> variance(scores());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    add_variance(i, scale_bits, variance);
    prediction.overflow_bits += overflow(i, scale_bits);
  }
  prediction.log2_sd = log2_sd_of(*std::max_element(variance.begin(), variance.end()));
  return prediction;
}

double ErrorModel::overflow(std::size_t instruction, const std::vector<double>& scale_bits) const {
  return overflow(nodes_[instruction], scale_bits, scale_bits[instruction]);
}

void ErrorModel::add_variance(std::size_t instruction, const std::vector<double>& scale_bits,
                              std::span<double> variance) const {
  const Gain made = source(nodes_[instruction], scale_bits, scale_bits[instruction]);
  for (std::size_t j = 0; j < variance.size(); ++j) {
    const Gain& gain = calibration_->gains[j][instruction];
    variance[j] +=
        gain.result * made.result + gain.weight * made.weight + gain.baby * made.baby + gain.relative * made.relative;
  }
}

double ErrorModel::log2_sd_of(double variance) {
  return 0.5 * std::log2(std::max(variance, kLeastVariance));
}

std::vector<double> scale_bits_of(const program::Program& program, const fhe::params::ParamSet& params) {
  std::vector<double> bits;
  for (const program::Instruction& instruction : program.instructions) bits.push_back(instruction.scale.log2(params));
  return bits;
}

}  // namespace obscura::compiler::place
