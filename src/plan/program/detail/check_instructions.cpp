#include "plan/program/detail/check_instructions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/print.hpp"

namespace obscura::plan::program::detail {
namespace {

using fhe::params::ParamSet;
using fhe::params::PrimeIndex;

/// Where the inputs stand.
struct Place {
  Level level;
  Scale scale;
  friend bool operator==(const Place&, const Place&) = default;
};

tl::unexpected<base::Error> corrupt(std::string message) {
  return base::fail(base::ErrorCode::kCorrupt, std::move(message), "compile the model again");
}

bool exponents_in_range(const Scale& scale, const ParamSet& params) {
  const auto in_range = [](std::int64_t e) { return e >= -kMaxScaleExponent && e <= kMaxScaleExponent; };
  const auto& primes = scale.prime_exponents();
  return primes.size() <= params.q().size() && in_range(scale.exponent_of_two()) &&
         std::all_of(primes.begin(), primes.end(), in_range);
}

class Checker {
 public:
  Checker(const Program& program, const ParamSet& params, Inputs inputs)
      : program_(program), params_(params), form_(inputs) {}

  base::Result<void> run() {
    OBSCURA_TRY_VOID(check_bootstrap());
    OBSCURA_TRY_VOID(check_weights());
    for (index_ = 0; index_ < program_.instructions.size(); ++index_) {
      OBSCURA_TRY_VOID(check_place(here()));
      OBSCURA_TRY_VOID(check_operands());
      OBSCURA_TRY_VOID(std::visit([this](const auto& operation) { return check(operation); }, here().operation));
    }
    OBSCURA_TRY_VOID(check_inputs());
    return check_weight_uses();
  }

 private:
  const Instruction& here() const { return program_.instructions[index_]; }
  Level level() const { return working_level(here()); }

  const Instruction& at(ValueId value) const { return program_.instructions[static_cast<std::size_t>(value.value())]; }
  static Place place_of(const Instruction& instruction) { return {instruction.level, instruction.scale}; }

  tl::unexpected<base::Error> wrong(const std::string& what) const {
    return corrupt("instruction " + std::to_string(index_) + " (" + std::string(name_of(here().operation)) +
                   "): " + what);
  }

  base::Result<void> check_bootstrap() {
    const bool bootstraps = has_bootstraps(program_);
    if (bootstraps != program_.bootstrap.has_value()) {
      return corrupt("the program says what a bootstrap does and has none, or has one and does not say");
    }
    if (!bootstraps) return {};
    OBSCURA_TRY(bootstrap_, fhe::params::BootstrapParams::create(params_, *program_.bootstrap));
    return {};
  }

  base::Result<void> check_weights() const {
    for (std::size_t i = 0; i < program_.weights.size(); ++i) {
      const WeightInfo& weight = program_.weights[i];
      const std::string name = "weight " + std::to_string(i) + ": ";
      if (weight.level < Level(0) || weight.level > params_.max_level()) {
        return corrupt(name + "level " + std::to_string(weight.level.value()) + " is outside the chain");
      }
      if (!exponents_in_range(weight.scale, params_)) return corrupt(name + "the exponents of its scale are too large");
      const double bits = weight.scale.log2(params_);
      if (!(bits > 0 && bits <= kMaxWeightScaleBits)) {
        return corrupt(name + "a scale of " + std::to_string(bits) + " bits is outside 0.." +
                       std::to_string(kMaxWeightScaleBits));
      }
    }
    return {};
  }

  base::Result<void> check_place(const Instruction& instruction) const {
    if (instruction.level < Level(0) || instruction.level > params_.max_level()) {
      return wrong("level " + std::to_string(instruction.level.value()) + " is outside the chain");
    }
    if (!exponents_in_range(instruction.scale, params_)) return wrong("the exponents of its scale are too large");
    const double bits = instruction.scale.log2(params_);
    if (!(bits > 0 && bits < params_.log2_q(instruction.level))) {
      return wrong("a scale of " + std::to_string(bits) + " bits does not fit the " +
                   std::to_string(params_.log2_q(instruction.level)) + " bits of its level");
    }
    if (instruction.stage < 0 || static_cast<std::size_t>(instruction.stage) >= program_.stages.size()) {
      return wrong("stage " + std::to_string(instruction.stage) + " does not exist");
    }
    return {};
  }

  base::Result<void> check_operands() const {
    for (const ValueId operand : operands_of(here().operation)) {
      const std::string name = "operand %" + std::to_string(operand.value());
      if (operand.value() < 0 || static_cast<std::size_t>(operand.value()) >= index_) {
        return wrong(name + " is not defined before it");
      }
      const bool joins = std::holds_alternative<Join>(here().operation);
      if (is_partial(at(operand).operation) != joins) {
        return wrong(name + (joins ? " is no partial sum" : " is a partial sum, which only a join takes"));
      }
      if (joins && at(operand).level != level()) {
        return wrong(name + " is a partial sum of another level");
      }
      if (at(operand).level < level()) {
        return wrong(name + " is at level " + std::to_string(at(operand).level.value()) + "; it computes at level " +
                     std::to_string(level().value()));
      }
      if (!(at(operand).scale.log2(params_) < params_.log2_q(level()))) {
        return wrong("the scale of " + name + " does not fit the level to which it is dropped");
      }
    }
    return {};
  }

  base::Result<void> scale_is(const Scale& expected) const {
    if (here().scale == expected) return {};
    return wrong("states scale " + print(here().scale) + " where the operation yields " + print(expected));
  }

  base::Result<void> check_step(RotationStep step, int least) const {
    if (step.value() >= least && step.value() < params_.slots()) return {};
    return wrong("rotation step " + std::to_string(step.value()) + " is outside " + std::to_string(least) + ".." +
                 std::to_string(params_.slots() - 1));
  }

  base::Result<void> use_weight(WeightId id, bool extended) {
    if (id.value() < 0 || static_cast<std::size_t>(id.value()) >= program_.weights.size()) {
      return wrong("weight " + std::to_string(id.value()) + " does not exist");
    }
    const WeightInfo& weight = program_.weights[static_cast<std::size_t>(id.value())];
    const std::string name = "weight " + std::to_string(id.value());
    if (weight.level != level()) {
      return wrong(name + " is at level " + std::to_string(weight.level.value()) + ", its use at level " +
                   std::to_string(level().value()));
    }
    if (weight.extended != extended) return wrong(name + " is over another basis than its use");
    if (static_cast<std::size_t>(id.value()) != weights_used_) {
      return wrong(name + " is used where weight " + std::to_string(weights_used_) + " is due");
    }
    ++weights_used_;
    return {};
  }

  /// After the division by the prime of the level of work.
  Scale rescaled(const Scale& product) const { return product.divided_by_prime(PrimeIndex(level().value())); }

  /// Partial sums go from the shards of a stage to their merge.
  base::Result<void> check_split() const {
    if (form_ == Inputs::kEachItsOwn) return {};
    return wrong("a whole program has no partial sums");
  }

  base::Result<void> check(const Input& input) {
    const auto index = static_cast<std::size_t>(input.index);
    if (input.index < 0 || index >= static_cast<std::size_t>(program_.input_packing.ciphertexts)) {
      return wrong("input " + std::to_string(input.index) + " does not exist");
    }
    if (input.partial) OBSCURA_TRY_VOID(check_split());
    if (!inputs_.insert(input.index).second) return wrong("input " + std::to_string(input.index) + " is taken twice");
    if (inputs_.size() == 1) {
      input_place_ = place_of(here());
    } else if (form_ == Inputs::kAlike && place_of(here()) != input_place_) {
      return wrong("its level or scale differs from that of the other inputs");
    }
    return {};
  }

  base::Result<void> check(const Linear& linear) {
    if (linear.operands.empty() || linear.steps.empty()) return wrong("it has no operands or no steps");
    if (linear.partial) OBSCURA_TRY_VOID(check_split());
    if (linear.partial && linear.rescale) return wrong("a partial sum is not rescaled");
    const Scale& operand_scale = at(linear.operands.front()).scale;
    for (const ValueId other : linear.operands) {
      if (at(other).scale != operand_scale) return wrong("its operands differ in scale");
    }
    const Scale* weight_scale = nullptr;
    std::set<RotationStep> giants;
    for (const GiantStep& step : linear.steps) {
      OBSCURA_TRY_VOID(check_step(step.giant, 0));
      if (!giants.insert(step.giant).second) return wrong("a giant step occurs twice");
      if (step.terms.empty()) return wrong("a giant step has no terms");
      for (const Term& term : step.terms) OBSCURA_TRY_VOID(check_term(linear, term, weight_scale));
    }
    const Scale product = operand_scale * *weight_scale;
    return scale_is(linear.rescale ? rescaled(product) : product);
  }

  base::Result<void> check_term(const Linear& linear, const Term& term, const Scale*& weight_scale) {
    if (term.input < 0 || static_cast<std::size_t>(term.input) >= linear.operands.size()) {
      return wrong("a term names operand " + std::to_string(term.input) + " of " +
                   std::to_string(linear.operands.size()));
    }
    OBSCURA_TRY_VOID(check_step(term.baby, 0));
    OBSCURA_TRY_VOID(use_weight(term.weight, linear.extended));
    const Scale& scale = program_.weights[static_cast<std::size_t>(term.weight.value())].scale;
    if (weight_scale == nullptr) weight_scale = &scale;
    if (scale != *weight_scale) return wrong("its weights differ in scale");
    return {};
  }

  base::Result<void> check(const Join& join) {
    OBSCURA_TRY_VOID(check_split());
    if (join.operands.empty()) return wrong("it has no operands");
    if (std::set<ValueId>(join.operands.begin(), join.operands.end()).size() != join.operands.size()) {
      return wrong("it adds a partial sum twice");
    }
    const Scale& sum = at(join.operands.front()).scale;
    for (const ValueId other : join.operands) {
      if (at(other).scale != sum) return wrong("its operands differ in scale");
    }
    return scale_is(join.rescale ? rescaled(sum) : sum);
  }

  base::Result<void> check(const AddBias& bias) {
    const Scale& operand = at(bias.operand).scale;
    OBSCURA_TRY_VOID(use_weight(bias.bias, false));
    const Scale& scale = program_.weights[static_cast<std::size_t>(bias.bias.value())].scale;
    if (scale != operand) return wrong("the bias has scale " + print(scale) + ", its operand " + print(operand));
    return scale_is(operand);
  }

  base::Result<void> check(const Square& square) {
    const Scale& operand = at(square.operand).scale;
    return scale_is(rescaled(operand * operand));
  }

  base::Result<void> check(const Rotate& rotate) {
    OBSCURA_TRY_VOID(check_step(rotate.step, 1));
    return scale_is(at(rotate.operand).scale);
  }

  base::Result<void> check(const Conjugate& conjugate) { return scale_is(at(conjugate.operand).scale); }

  base::Result<void> check(const MultiplyByI& multiply) {
    if (multiply.power < 1 || multiply.power > 3) {
      return wrong("power " + std::to_string(multiply.power) + " is outside 1..3");
    }
    return scale_is(at(multiply.operand).scale);
  }

  base::Result<void> check(const Add& add) {
    const Scale& left = at(add.left).scale;
    const Scale& right = at(add.right).scale;
    if (left != right) return wrong("it adds scale " + print(right) + " to scale " + print(left));
    return scale_is(left);
  }

  base::Result<void> check(const Multiply& multiply) {
    return scale_is(rescaled(at(multiply.left).scale * at(multiply.right).scale));
  }

  base::Result<void> check(const ChangeScale& change) {
    const Scale factor = here().scale.times_prime(PrimeIndex(level().value())) / at(change.operand).scale;
    const double bits = factor.log2(params_);
    if (bits >= kLeastChangeScaleBits && bits < kMaxChangeScaleBits) return {};
    return wrong("it multiplies by an integer of " + std::to_string(bits) + " bits, outside " +
                 std::to_string(kLeastChangeScaleBits) + ".." + std::to_string(kMaxChangeScaleBits));
  }

  base::Result<void> check(const Bootstrap& bootstrap) {
    if (!bootstrap_) return wrong("the program does not say what a bootstrap does");
    if (bootstrap.from != bootstrap_->input_level() || here().level != bootstrap_->output_level()) {
      return wrong("it goes from level " + std::to_string(bootstrap.from.value()) + " to " +
                   std::to_string(here().level.value()) + ", the program's bootstraps from " +
                   std::to_string(bootstrap_->input_level().value()) + " to " +
                   std::to_string(bootstrap_->output_level().value()));
    }
    if (bootstrap.log2_range >= -kMaxRangeBits && bootstrap.log2_range <= kMaxRangeBits) return check_scales(bootstrap);
    return wrong("its values are at most 2^" + std::to_string(bootstrap.log2_range) + ", which is outside 2^-" +
                 std::to_string(kMaxRangeBits) + "..2^" + std::to_string(kMaxRangeBits));
  }

  /// The engine rounds its last matrix to integers at q_1 * (scale at level 0) / (scale of the operand), and has its
  /// cosine end at the scale of the result, both as if values were at most 1.
  base::Result<void> check_scales(const Bootstrap& bootstrap) const {
    const Scale range = Scale::power_of_two(bootstrap.log2_range);
    const Scale product = bootstrap_->bottom_scale().times_prime(PrimeIndex(1));
    const double matrix_bits = (product / (at(bootstrap.operand).scale * range)).log2(params_);
    if (!(matrix_bits > 0 && matrix_bits <= kMaxWeightScaleBits)) {
      return wrong("its operand would meet a matrix with a scale of " + std::to_string(matrix_bits) +
                   " bits, outside 0.." + std::to_string(kMaxWeightScaleBits));
    }
    const double result_bits = (here().scale * range).log2(params_);
    if (result_bits > 0 && result_bits <= kMaxWeightScaleBits) return {};
    return wrong("the largest values of its result would have " + std::to_string(result_bits) + " bits, outside 0.." +
                 std::to_string(kMaxWeightScaleBits));
  }

  base::Result<void> check_inputs() const {
    if (inputs_.size() == static_cast<std::size_t>(program_.input_packing.ciphertexts)) return {};
    return corrupt("the program takes " + std::to_string(inputs_.size()) + " of its " +
                   std::to_string(program_.input_packing.ciphertexts) + " input ciphertexts");
  }

  base::Result<void> check_weight_uses() const {
    if (weights_used_ == program_.weights.size()) return {};
    return corrupt("weight " + std::to_string(weights_used_) + " is never used");
  }

  const Program& program_;
  const ParamSet& params_;
  Inputs form_;
  std::optional<fhe::params::BootstrapParams> bootstrap_;
  std::size_t index_ = 0;
  std::size_t weights_used_ = 0;
  std::set<int> inputs_;
  Place input_place_;
};

}  // namespace

base::Result<void> check_instructions(const Program& program, const ParamSet& params, Inputs inputs) {
  return Checker(program, params, inputs).run();
}

}  // namespace obscura::plan::program::detail
