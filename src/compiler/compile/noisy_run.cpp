#include "compiler/compile/noisy_run.hpp"

#include <cmath>
#include <map>

#include "base/check.hpp"

namespace obscura::compiler::compile {
namespace {

namespace program = plan::program;
using simulate::Slots;
using Complex = std::complex<double>;

std::size_t left_shift(std::size_t slots, int step) {
  const auto n = static_cast<std::int64_t>(slots);
  return static_cast<std::size_t>(((step % n) + n) % n);
}

class Noise {
 public:
  Noise(const program::Program& program, const plan::weights::Weights& weights, std::span<const place::Gain> errors,
        std::mt19937_64& random)
      : program_(program), weights_(weights), errors_(errors), random_(random) {}

  void tamper(program::ValueId id, Slots& slots) {
    const auto i = static_cast<std::size_t>(id.value());
    const place::Gain& error = errors_[i];
    if (error.relative > 0) {
      const double factor = 1 + std::sqrt(error.relative) * normal_(random_);
      for (Complex& slot : slots) slot *= factor;
    }
    if (const auto* linear = std::get_if<program::Linear>(&program_.instructions[i].operation)) {
      disturb(*linear, error, slots);
    } else if (error.result > 0) {
      for (Complex& slot : slots) slot += draw(error.result);
    }
    seen_.push_back(&slots);
  }

 private:
  // Both parts have that variance.
  Complex draw(double variance) {
    const double sd = std::sqrt(variance);
    return {sd * normal_(random_), sd * normal_(random_)};
  }

  // The errors of the operand rotated by a baby step: the same wherever a transform reads it.
  const Slots& baby(const program::Term& term, double variance, std::size_t n,
                    std::map<std::pair<int, int>, Slots>& drawn) {
    Slots& slots = drawn[{term.input, term.baby.value()}];
    if (!slots.empty()) return slots;
    slots.resize(n);
    for (Complex& slot : slots) slot = draw(variance);
    return slots;
  }

  void disturb(const program::Linear& linear, const place::Gain& error, Slots& slots) {
    const std::size_t n = slots.size();
    std::map<std::pair<int, int>, Slots> drawn;
    std::vector<double> power(n);  // sum over the terms of the squares of what their diagonals are multiplied by
    for (const program::GiantStep& giant : linear.steps) {
      Slots inner(n);
      std::vector<double> squares(n);
      for (const program::Term& term : giant.terms) {
        const program::ValueId operand = linear.operands[static_cast<std::size_t>(term.input)];
        const Slots& x = *seen_[static_cast<std::size_t>(operand.value())];
        const std::size_t shift = left_shift(n, term.baby.value());
        for (std::size_t s = 0; s < n; ++s) squares[s] += std::norm(x[(s + shift) % n]);
        if (term.baby.value() == 0) continue;
        const Slots& noise = baby(term, error.baby, n, drawn);
        const auto& weight = weights_.values[static_cast<std::size_t>(term.weight.value())];
        for (std::size_t s = 0; s < n; ++s) inner[s] += weight[s] * noise[s];
      }
      const std::size_t shift = left_shift(n, giant.giant.value());
      for (std::size_t s = 0; s < n; ++s) {
        slots[s] += inner[(s + shift) % n];
        power[s] += squares[(s + shift) % n];
      }
    }
    for (std::size_t s = 0; s < n; ++s) slots[s] += draw(error.result + error.weight * power[s]);
  }

  const program::Program& program_;
  const plan::weights::Weights& weights_;
  std::span<const place::Gain> errors_;
  std::mt19937_64& random_;
  std::normal_distribution<double> normal_;
  std::vector<const Slots*> seen_;
};

}  // namespace

simulate::Trace noisy_trace(const program::Program& program, const plan::weights::Weights& weights,
                            std::span<const place::Gain> errors, std::span<const std::vector<double>> inputs,
                            std::mt19937_64& random) {
  OBSCURA_CHECK(errors.size() == program.instructions.size(), "the errors are of another program");
  Noise noise(program, weights, errors, random);
  return simulate::execute(program, weights, simulate::pack_inputs(program, inputs),
                           [&](program::ValueId id, Slots& slots) { noise.tamper(id, slots); });
}

std::vector<std::vector<double>> noisy_scores(const program::Program& program, const plan::weights::Weights& weights,
                                              std::span<const place::Gain> errors,
                                              std::span<const std::vector<double>> inputs, std::mt19937_64& random) {
  const simulate::Trace trace = noisy_trace(program, weights, errors, inputs, random);
  std::vector<std::vector<double>> scores;
  for (std::size_t b = 0; b < inputs.size(); ++b) scores.push_back(simulate::read_scores(program, trace, b));
  return scores;
}

}  // namespace obscura::compiler::compile
