#include "compiler/place/scale_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

namespace program = plan::program;
using fhe::params::PrimeIndex;
using program::Scale;

Scale power(const Scale& base, int exponent) {
  Scale result = Scale::power_of_two(0);
  for (int i = 0; i < std::abs(exponent); ++i) result = exponent > 0 ? result * base : result / base;
  return result;
}

// The root of a scale, if all exponents are divisible.
std::optional<Scale> root(const Scale& scale, int degree) {
  if (scale.exponent_of_two() % degree != 0) return std::nullopt;
  std::vector<std::int64_t> primes = scale.prime_exponents();
  for (std::int64_t& exponent : primes) {
    if (exponent % degree != 0) return std::nullopt;
    exponent /= degree;
  }
  auto result = Scale::from_exponents(scale.exponent_of_two() / degree, std::move(primes));
  return result ? std::optional(*result) : std::nullopt;
}

ScaleForm product(const ScaleForm& a, const ScaleForm& b, int exponent_of_b) {
  ScaleForm result{std::vector<int>(std::max(a.multiple.size(), b.multiple.size())),
                   a.rest * power(b.rest, exponent_of_b)};
  for (std::size_t i = 0; i < a.multiple.size(); ++i) result.multiple[i] += a.multiple[i];
  for (std::size_t i = 0; i < b.multiple.size(); ++i) result.multiple[i] += exponent_of_b * b.multiple[i];
  return result;
}

PrimeIndex working_prime(const program::Instruction& instruction) {
  return PrimeIndex(program::working_level(instruction).value());
}

/// Forms in unknowns, of which equations remove one after the other.
class Solver {
 public:
  std::size_t add_unknown() { return unknowns_++; }

  [[nodiscard]] ScaleForm unknown(std::size_t index) const {
    ScaleForm form{std::vector<int>(index + 1), Scale::power_of_two(0)};
    form.multiple[index] = 1;
    return form;
  }

  std::vector<ScaleForm>& forms() { return forms_; }

  // Makes a == b hold by fixing an unknown; false when none can be.
  bool equate(const ScaleForm& a, const ScaleForm& b) {
    const ScaleForm ratio = product(a, b, -1);
    int divisor = 0;
    for (const int multiple : ratio.multiple) divisor = std::gcd(divisor, multiple);
    if (divisor == 0) return ratio.rest == Scale::power_of_two(0);
    const auto rest = root(ratio.rest, divisor);
    if (!rest) return false;
    for (std::size_t i = ratio.multiple.size(); i-- > 0;) {
      if (std::abs(ratio.multiple[i]) != divisor) continue;
      // unknown i = the others and the rest, each to the power -1 / (its sign)
      const int sign = ratio.multiple[i] / divisor;
      ScaleForm value{std::vector<int>(ratio.multiple.size()), power(*rest, -sign)};
      for (std::size_t j = 0; j < ratio.multiple.size(); ++j) {
        if (j != i) value.multiple[j] = -sign * ratio.multiple[j] / divisor;
      }
      for (ScaleForm& form : forms_) substitute(form, i, value);
      fixed_.push_back(i);
      return true;
    }
    return false;
  }

  // Numbers the unknowns that are left from 0.
  std::size_t compact() {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < unknowns_; ++i) {
      if (std::find(fixed_.begin(), fixed_.end(), i) == fixed_.end()) left.push_back(i);
    }
    for (ScaleForm& form : forms_) {
      form.multiple.resize(unknowns_);
      std::vector<int> multiple;
      for (const std::size_t i : left) multiple.push_back(form.multiple[i]);
      form.multiple = std::move(multiple);
    }
    return left.size();
  }

 private:
  static void substitute(ScaleForm& form, std::size_t unknown, const ScaleForm& value) {
    if (unknown >= form.multiple.size() || form.multiple[unknown] == 0) return;
    const int exponent = std::exchange(form.multiple[unknown], 0);
    form = product(form, value, exponent);
  }

  std::size_t unknowns_ = 0;
  std::vector<std::size_t> fixed_;
  std::vector<ScaleForm> forms_;
};

// The form of an instruction's result; equates what has to be equal. False on conflict.
bool add_instruction(const program::Program& program, std::size_t index, std::size_t input, Solver& solver) {
  const program::Instruction& instruction = program.instructions[index];
  const auto operands = program::operands_of(instruction.operation);
  const auto form = [&](std::size_t i) { return solver.forms()[static_cast<std::size_t>(operands[i].value())]; };
  if (operands.empty()) {
    solver.forms().push_back(solver.unknown(input));
    return true;
  }
  if (std::holds_alternative<program::Linear>(instruction.operation) ||
      std::holds_alternative<program::Add>(instruction.operation)) {
    for (std::size_t i = 1; i < operands.size(); ++i) {
      if (!solver.equate(form(0), form(i))) return false;
    }
  }
  const ScaleForm prime{{}, Scale::power_of_two(0).times_prime(working_prime(instruction))};
  ScaleForm result = form(0);
  if (std::holds_alternative<program::Linear>(instruction.operation) ||
      std::holds_alternative<program::ChangeScale>(instruction.operation) ||
      std::holds_alternative<program::Bootstrap>(instruction.operation)) {
    result = solver.unknown(solver.add_unknown());
  } else if (std::holds_alternative<program::Square>(instruction.operation)) {
    result = product(product(form(0), form(0), 1), prime, -1);
  } else if (std::holds_alternative<program::Multiply>(instruction.operation)) {
    result = product(product(form(0), form(1), 1), prime, -1);
  }
  solver.forms().push_back(std::move(result));
  return true;
}

// The number of the first instruction that cannot be given a form.
std::optional<std::size_t> solve_all(const program::Program& program, Solver& solver) {
  const std::size_t input = solver.add_unknown();
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    if (!add_instruction(program, i, input, solver)) return i;
  }
  return std::nullopt;
}

// The same program with a ChangeScale in front of one summand; later ids move up.
program::Program with_change_scale(program::Program program, std::size_t at, bool is_left) {
  const auto& add = std::get<program::Add>(program.instructions[at].operation);
  const program::ValueId operand = is_left ? add.left : add.right;
  const program::ValueId changed(static_cast<int>(at));
  const auto moved = [&](program::ValueId id) { return id < changed ? id : program::ValueId(id.value() + 1); };
  for (std::size_t i = at; i < program.instructions.size(); ++i) {
    program::replace_operands(program.instructions[i].operation, moved);
  }
  for (program::ValueId& result : program.results) result = moved(result);
  auto& behind = std::get<program::Add>(program.instructions[at].operation);
  (is_left ? behind.left : behind.right) = changed;
  program.instructions.insert(
      program.instructions.begin() + static_cast<std::ptrdiff_t>(at),
      {program::ChangeScale{operand}, program::Level(0), Scale(), program.instructions[at].stage});
  return program;
}

}  // namespace

Scale ScaleForm::at(const std::vector<int>& choice) const {
  int bits = 0;
  for (std::size_t i = 0; i < multiple.size(); ++i) bits += multiple[i] * choice[i];
  return rest * Scale::power_of_two(bits);
}

std::optional<std::size_t> ScalePlan::conflict(const program::Program& program) {
  Solver solver;
  return solve_all(program, solver);
}

ScalePlan ScalePlan::solve(const program::Program& program) {
  Solver solver;
  OBSCURA_CHECK(!solve_all(program, solver), "the program was not settled");
  ScalePlan plan;
  plan.choices_ = solver.compact();
  plan.results_ = std::move(solver.forms());
  return plan;
}

void ScalePlan::assign(program::Program& program, const std::vector<int>& choice) const {
  OBSCURA_CHECK(choice.size() == choices_ && results_.size() == program.instructions.size(),
                "the scales belong to another program");
  for (std::size_t i = 0; i < results_.size(); ++i) {
    program::Instruction& instruction = program.instructions[i];
    instruction.scale = results_[i].at(choice);
    const auto weights = program::weights_of(instruction.operation);
    if (weights.empty()) continue;
    const auto operand = static_cast<std::size_t>(program::operands_of(instruction.operation).front().value());
    Scale weight_scale = instruction.scale;
    if (const auto* linear = std::get_if<program::Linear>(&instruction.operation)) {
      weight_scale = instruction.scale / program.instructions[operand].scale;
      if (linear->rescale) weight_scale = weight_scale.times_prime(working_prime(instruction));
    }
    for (const program::WeightId id : weights) {
      program.weights[static_cast<std::size_t>(id.value())].scale = weight_scale;
    }
  }
}

int settle(program::Program& program, Ending ending) {
  int top = assign_levels(program, ending);
  while (const auto conflict = ScalePlan::conflict(program)) {
    OBSCURA_CHECK(std::holds_alternative<program::Add>(program.instructions[*conflict].operation),
                  "the operands of a linear layer have scales that cannot be made equal");
    program::Program left = with_change_scale(program, *conflict, true);
    program::Program right = with_change_scale(std::move(program), *conflict, false);
    const int top_left = assign_levels(left, ending);
    const int top_right = assign_levels(right, ending);
    top = std::min(top_left, top_right);
    program = top_left <= top_right ? std::move(left) : std::move(right);
  }
  return top;
}

}  // namespace obscura::compiler::place
