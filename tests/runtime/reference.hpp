#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "fhe/params/bootstrap_error.hpp"
#include "fhe/params/noise.hpp"
#include "plan/program/operation.hpp"
#include "plan/weights/weights.hpp"
#include "tests/engine/engine.hpp"

/// A program in the clear, slot by slot, with the error that the noise model predicts: slow, plain, and written
/// without looking at the executor.
namespace obscura::tests {

namespace program = plan::program;

/// Slots of one value and the predicted standard deviation of the error of a slot's real part.
struct Predicted {
  Slots slots;
  double error_sd = 0;
  Scale scale;
  Level level;

  [[nodiscard]] double largest() const {
    double most = 0;
    for (const auto& slot : slots) most = std::max(most, std::abs(slot));
    return most;
  }
};

class Reference {
 public:
  /// `encrypted`: whether the weights carry encryption noise.
  Reference(const plan::weights::Plan& plan, const params::ParamSet& params, bool encrypted)
      : plan_(plan), params_(params), noise_(params), encrypted_(encrypted) {}

  /// The results of the program, in their order.
  [[nodiscard]] std::vector<Predicted> run(const std::vector<Slots>& inputs) {
    values_.clear();
    for (const program::Instruction& instruction : plan_.program.instructions) {
      here_ = &instruction;
      values_.push_back(std::visit(program::Match{[&](const program::Input& input) {
                                                    return fresh(inputs[static_cast<std::size_t>(input.index)]);
                                                  },
                                                  [&](const auto& operation) { return compute(operation); }},
                                   instruction.operation));
    }
    std::vector<Predicted> results;
    for (const program::ValueId id : plan_.program.results) results.push_back(at(id));
    return results;
  }

 private:
  const Predicted& at(program::ValueId id) const { return values_[static_cast<std::size_t>(id.value())]; }

  /// An operand where the instruction computes: messages, errors and scale stay when limbs are left out.
  Predicted dropped(program::ValueId id) const {
    Predicted value = at(id);
    value.level = program::working_level(*here_);
    return value;
  }

  double in_slots(double coefficient_sd, const Scale& scale) const {
    return noise_.slot_from_coefficient(coefficient_sd, scale.value(params_));
  }
  double switching(Level level, const Scale& scale) const {
    return in_slots(std::hypot(noise_.key_switch(level), noise_.division_rounding()), scale);
  }
  Predicted result(Slots slots, double error_sd) const {
    return {std::move(slots), error_sd, here_->scale, here_->level};
  }

  Predicted fresh(const Slots& slots) const {
    return result(slots, in_slots(std::hypot(noise_.encode(), noise_.encrypt_public(here_->level)), here_->scale));
  }

  Predicted weight(program::WeightId id) const {
    const auto index = static_cast<std::size_t>(id.value());
    const program::WeightInfo& info = plan_.program.weights[index];
    const double sd = std::hypot(noise_.encode(), encrypted_ ? noise_.encrypt_symmetric() : 0.0);
    return {plan_.weights.values[index], in_slots(sd, info.scale), info.scale, info.level};
  }

  static Predicted product(const Predicted& a, const Predicted& b) {
    const double sd = std::hypot(a.largest() * b.error_sd, b.largest() * a.error_sd);
    return {map_slots(a.slots, b.slots, [](auto x, auto y) { return x * y; }), sd, a.scale * b.scale, a.level};
  }

  Predicted turned(const Predicted& a, int step) const {
    if (step == 0) return a;
    return {rotated(a.slots, step), std::hypot(a.error_sd, switching(a.level, a.scale)), a.scale, a.level};
  }

  static void accumulate(Predicted& sum, const Predicted& addend) {
    if (sum.slots.empty()) {
      sum = addend;
      return;
    }
    sum.slots = map_slots(sum.slots, addend.slots, [](auto x, auto y) { return x + y; });
    sum.error_sd = std::hypot(sum.error_sd, addend.error_sd);
  }

  Predicted compute(const program::Linear& linear) const {
    Predicted total;
    for (const program::GiantStep& step : linear.steps) {
      Predicted sum;
      for (const program::Term& term : step.terms) {
        const Predicted operand = dropped(linear.operands[static_cast<std::size_t>(term.input)]);
        accumulate(sum, product(turned(operand, term.baby.value()), weight(term.weight)));
      }
      // Two switched parts: s^2 and s.
      const double relinearised = std::hypot(sum.error_sd, switching(sum.level, sum.scale) * std::sqrt(2.0));
      accumulate(total, {rotated(sum.slots, step.giant.value()), relinearised, sum.scale, sum.level});
    }
    return rescaled(total, linear.rescale);
  }

  Predicted compute(const program::Join& join) const {
    Predicted total;
    for (const program::ValueId id : join.operands) accumulate(total, at(id));
    return rescaled(total, join.rescale);
  }

  Predicted rescaled(const Predicted& a, bool rescale) const {
    const double rounding = rescale ? in_slots(noise_.division_rounding(), here_->scale) : 0.0;
    return result(a.slots, std::hypot(a.error_sd, rounding));
  }

  Predicted compute(const program::AddBias& bias) const {
    Predicted sum = at(bias.operand);
    accumulate(sum, weight(bias.bias));
    return result(sum.slots, sum.error_sd);
  }

  Predicted compute(const program::Square& square) const {
    const Predicted a = dropped(square.operand);
    const Scale scale = a.scale * a.scale;
    const Predicted squared{map_slots(a.slots, [](auto x) { return x * x; }),
                            std::hypot(2 * a.largest() * a.error_sd, switching(a.level, scale)), scale, a.level};
    return rescaled(squared, true);
  }

  Predicted compute(const program::Multiply& multiply) const {
    Predicted both = product(dropped(multiply.left), dropped(multiply.right));
    both.error_sd = std::hypot(both.error_sd, switching(both.level, both.scale));
    return rescaled(both, true);
  }

  Predicted compute(const program::ChangeScale& change) const {
    Predicted a = dropped(change.operand);
    const double factor = (here_->scale.times_prime(params::PrimeIndex(a.level.value())) / a.scale).value(params_);
    a.error_sd = std::hypot(a.error_sd, a.largest() / (2 * factor));
    return rescaled(a, true);
  }

  Predicted compute(const program::Rotate& rotate) const {
    return turned(dropped(rotate.operand), rotate.step.value());
  }

  Predicted compute(const program::Conjugate& conjugate) const {
    const Predicted a = dropped(conjugate.operand);
    return result(map_slots(a.slots, [](auto x) { return std::conj(x); }),
                  std::hypot(a.error_sd, switching(a.level, a.scale)));
  }

  Predicted compute(const program::MultiplyByI& multiply) const {
    const Predicted& a = at(multiply.operand);
    std::complex<double> factor = 1;
    for (int i = 0; i < multiply.power; ++i) factor *= std::complex<double>(0, 1);
    return result(map_slots(a.slots, [&](auto x) { return x * factor; }), a.error_sd);
  }

  Predicted compute(const program::Add& add) const {
    Predicted sum = at(add.left);
    accumulate(sum, at(add.right));
    return result(sum.slots, sum.error_sd);
  }

  /// Noise is relative to the range. Its tail is heavier than a Gaussian's: see bootstrap_error_bound().
  Predicted compute(const program::Bootstrap& bootstrap) const {
    const Predicted& a = at(bootstrap.operand);
    const auto made = params::BootstrapParams::create(params_, *plan_.program.bootstrap).value();
    const double range = std::ldexp(1.0, bootstrap.log2_range);
    const auto seen = [&](const Scale& scale) { return scale * Scale::power_of_two(bootstrap.log2_range); };
    const double sd = params::bootstrap_noise_sd(params_, made, seen(a.scale), seen(here_->scale));
    const auto pass = [&](double v) { return v - range * params::bootstrap_bias(made, v / range); };
    const auto slot = [&](auto z) {
      return std::complex<double>(pass(z.real()), made.literal().real ? 0 : pass(z.imag()));
    };
    return result(map_slots(a.slots, slot),
                  std::hypot(a.error_sd, range * std::hypot(sd, params::bootstrap_truncation(made))));
  }

  static Predicted compute(const program::Input&) { return {}; }

  const plan::weights::Plan& plan_;
  const params::ParamSet& params_;
  params::NoiseModel noise_;
  bool encrypted_;
  std::vector<Predicted> values_;
  const program::Instruction* here_ = nullptr;
};

}  // namespace obscura::tests
