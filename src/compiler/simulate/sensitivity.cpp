#include "compiler/simulate/sensitivity.hpp"

#include <map>
#include <utility>

#include "plan/program/operation.hpp"

namespace obscura::compiler::simulate {
namespace {

namespace program = plan::program;
using Complex = std::complex<double>;

double squared_norm(const Slots& x) {
  double sum = 0;
  for (const Complex& value : x) sum += std::norm(value);
  return sum;
}

Complex product(const Complex& a, const Complex& b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// (Re sum_s a[s] b[s])^2.
double square_of_real_product(const Slots& a, const Slots& b) {
  double sum = 0;
  for (std::size_t s = 0; s < a.size(); ++s) sum += product(a[s], b[s]).real();
  return sum * sum;
}

/// to[s] += a[s] * b[s].
void accumulate_product(const Slots& a, const Slots& b, Slots& to) {
  for (std::size_t s = 0; s < a.size(); ++s) to[s] += product(a[s], b[s]);
}

std::size_t wrap(std::size_t slots, int step) {
  const auto n = static_cast<std::int64_t>(slots);
  return static_cast<std::size_t>(((step % n) + n) % n);
}

/// The number's derivative by every slot of every value: a complex c with d number = Re(sum_s c[s] dx[s]).
/// Visiting an instruction hands its derivative on to its operands.
class Backward {
 public:
  Backward(const program::Program& program, const plan::weights::Weights& weights, const Trace& trace)
      : weights_(weights),
        trace_(trace),
        keeps_imaginary_(program.bootstrap && !program.bootstrap->real),
        derivative_(program.instructions.size()) {}

  Slots& of(program::ValueId id) {
    Slots& slots = derivative_[static_cast<std::size_t>(id.value())];
    if (slots.empty()) slots.resize(trace_.front().size());
    return slots;
  }

  void visit(program::ValueId id, const program::Operation& operation, SourceGain& gain) {
    const Slots mine = std::move(of(id));
    gain.result = squared_norm(mine);
    gain.relative = square_of_real_product(mine, value(id));
    std::visit(program::Match{[](const program::Input&) {},
                              [&](const program::Linear& linear) { visit_linear(mine, linear, gain); },
                              [&](const program::Join& join) {
                                for (const program::ValueId part : join.operands) accumulate(mine, of(part));
                              },
                              [&](const program::AddBias& add) { accumulate(mine, of(add.operand)); },
                              [&](const program::Square& square) {
                                Slots& to = of(square.operand);
                                const Slots& x = value(square.operand);
                                for (std::size_t s = 0; s < mine.size(); ++s) to[s] += 2.0 * product(x[s], mine[s]);
                              },
                              [&](const program::Rotate& rotation) {
                                accumulate(rotate(mine, -rotation.step.value()), of(rotation.operand));
                              },
                              [&](const program::Conjugate& conjugate) {
                                Slots& to = of(conjugate.operand);
                                for (std::size_t s = 0; s < mine.size(); ++s) to[s] += std::conj(mine[s]);
                              },
                              [&](const program::MultiplyByI& multiply) {
                                Complex factor = 1;
                                for (int i = 0; i < multiply.power; ++i) factor = product(factor, {0, 1});
                                Slots& to = of(multiply.operand);
                                for (std::size_t s = 0; s < mine.size(); ++s) to[s] += product(factor, mine[s]);
                              },
                              [&](const program::Add& add) {
                                accumulate(mine, of(add.left));
                                accumulate(mine, of(add.right));
                              },
                              [&](const program::Multiply& multiply) {
                                accumulate_product(value(multiply.right), mine, of(multiply.left));
                                accumulate_product(value(multiply.left), mine, of(multiply.right));
                              },
                              [&](const program::ChangeScale& change) { accumulate(mine, of(change.operand)); },
                              [&](const program::Bootstrap& bootstrap) {
                                Slots& to = of(bootstrap.operand);
                                for (std::size_t s = 0; s < mine.size(); ++s) {
                                  to[s] += keeps_imaginary_ ? mine[s] : mine[s].real();
                                }
                              }},
               operation);
  }

 private:
  const Slots& value(program::ValueId id) const { return trace_[static_cast<std::size_t>(id.value())]; }

  static void accumulate(const Slots& from, Slots& to) {
    for (std::size_t s = 0; s < from.size(); ++s) to[s] += from[s];
  }

  void visit_linear(const Slots& mine, const program::Linear& linear, SourceGain& gain) {
    // (operand, baby step) -> derivative by the rotated operand
    std::map<std::pair<int, program::RotationStep>, Slots> rotated;
    for (const program::GiantStep& giant : linear.steps) {
      const Slots inner = rotate(mine, -giant.giant.value());
      for (const program::Term& term : giant.terms) {
        Slots& to = rotated[{term.input, term.baby}];
        to.resize(mine.size());
        const Slots& x = value(linear.operands[static_cast<std::size_t>(term.input)]);
        const Slots& weight = weights_.values[static_cast<std::size_t>(term.weight.value())];
        const std::size_t shift = wrap(mine.size(), term.baby.value());
        for (std::size_t s = 0; s < mine.size(); ++s) {
          const Complex& by_x = x[s + shift < x.size() ? s + shift : s + shift - x.size()];
          gain.weight += std::norm(inner[s]) * std::norm(by_x);
          to[s] += product(inner[s], weight[s]);
        }
      }
    }
    for (auto& [key, slots] : rotated) {
      if (key.second != program::RotationStep(0)) gain.baby += squared_norm(slots);
      accumulate(rotate(slots, -key.second.value()), of(linear.operands[static_cast<std::size_t>(key.first)]));
    }
  }

  const plan::weights::Weights& weights_;
  const Trace& trace_;
  bool keeps_imaginary_;  // in a Bootstrap
  std::vector<Slots> derivative_;
};

}  // namespace

std::vector<SourceGain> sensitivity(const program::Program& program, const plan::weights::Weights& weights,
                                    const Trace& trace, const std::vector<double>& direction) {
  Backward backward(program, weights, trace);
  const auto count = static_cast<int>(program.instructions.size());
  std::size_t score = 0;
  for (const program::Output& output : program.outputs) {
    for (const program::OutputSlot& element : output.element) {
      Slots& result = backward.of(program.results[static_cast<std::size_t>(element.result)]);
      result[static_cast<std::size_t>(element.slot)] += direction[score++] * output.factor;
    }
  }
  std::vector<SourceGain> gains(program.instructions.size());
  for (int i = count - 1; i >= 0; --i) {
    backward.visit(program::ValueId(i), program.instructions[static_cast<std::size_t>(i)].operation,
                   gains[static_cast<std::size_t>(i)]);
  }
  return gains;
}

}  // namespace obscura::compiler::simulate
