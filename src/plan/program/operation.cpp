#include "plan/program/operation.hpp"

#include <algorithm>

namespace obscura::plan::program {

std::string_view name_of(const Operation& operation) {
  using Name = std::string_view;
  return std::visit(
      Match{[](const Input&) -> Name { return "input"; }, [](const Linear&) -> Name { return "linear"; },
            [](const Join&) -> Name { return "join"; }, [](const AddBias&) -> Name { return "add_bias"; },
            [](const Square&) -> Name { return "square"; }, [](const Rotate&) -> Name { return "rotate"; },
            [](const Conjugate&) -> Name { return "conjugate"; },
            [](const MultiplyByI&) -> Name { return "multiply_by_i"; }, [](const Add&) -> Name { return "add"; },
            [](const Multiply&) -> Name { return "multiply"; },
            [](const ChangeScale&) -> Name { return "change_scale"; },
            [](const Bootstrap&) -> Name { return "bootstrap"; }},
      operation);
}

bool is_partial(const Operation& operation) {
  return std::visit(Match{[](const Input& input) { return input.partial; },
                          [](const Linear& linear) { return linear.partial; }, [](const auto&) { return false; }},
                    operation);
}

bool has_bootstraps(const Program& program) {
  return std::any_of(program.instructions.begin(), program.instructions.end(), [](const Instruction& instruction) {
    return std::holds_alternative<Bootstrap>(instruction.operation);
  });
}

Level working_level(const Instruction& instruction) {
  if (const auto* bootstrap = std::get_if<Bootstrap>(&instruction.operation)) return bootstrap->from;
  const bool rescales = std::visit(
      Match{[](const Linear& linear) { return linear.rescale; }, [](const Join& join) { return join.rescale; },
            [](const Square&) { return true; }, [](const Multiply&) { return true; },
            [](const ChangeScale&) { return true; }, [](const auto&) { return false; }},
      instruction.operation);
  return Level(instruction.level.value() + (rescales ? 1 : 0));
}

std::vector<ValueId> operands_of(const Operation& operation) {
  using Values = std::vector<ValueId>;
  return std::visit(
      Match{[](const Input&) { return Values{}; }, [](const Linear& linear) { return linear.operands; },
            [](const Join& join) { return join.operands; }, [](const AddBias& bias) { return Values{bias.operand}; },
            [](const Square& square) { return Values{square.operand}; },
            [](const Rotate& rotate) { return Values{rotate.operand}; },
            [](const Conjugate& conjugate) { return Values{conjugate.operand}; },
            [](const MultiplyByI& multiply) { return Values{multiply.operand}; },
            [](const Add& add) {
              return Values{add.left, add.right};
            },
            [](const Multiply& multiply) {
              return Values{multiply.left, multiply.right};
            },
            [](const ChangeScale& change) { return Values{change.operand}; },
            [](const Bootstrap& bootstrap) { return Values{bootstrap.operand}; }},
      operation);
}

void replace_operands(Operation& operation, const std::function<ValueId(ValueId)>& now) {
  std::visit(Match{[](Input&) {},
                   [&](Linear& linear) {
                     for (ValueId& id : linear.operands) id = now(id);
                   },
                   [&](Join& join) {
                     for (ValueId& id : join.operands) id = now(id);
                   },
                   [&](Add& add) {
                     add = {now(add.left), now(add.right)};
                   },
                   [&](Multiply& multiply) {
                     multiply = {now(multiply.left), now(multiply.right)};
                   },
                   [&](auto& unary) { unary.operand = now(unary.operand); }},
             operation);
}

void replace_weights(Operation& operation, const std::function<WeightId(WeightId)>& now) {
  if (auto* linear = std::get_if<Linear>(&operation)) {
    for (GiantStep& step : linear->steps) {
      for (Term& term : step.terms) term.weight = now(term.weight);
    }
  } else if (auto* bias = std::get_if<AddBias>(&operation)) {
    bias->bias = now(bias->bias);
  }
}

std::vector<WeightId> weights_of(const Operation& operation) {
  std::vector<WeightId> weights;
  if (const auto* linear = std::get_if<Linear>(&operation)) {
    for (const GiantStep& step : linear->steps) {
      for (const Term& term : step.terms) weights.push_back(term.weight);
    }
  } else if (const auto* bias = std::get_if<AddBias>(&operation)) {
    weights.push_back(bias->bias);
  }
  return weights;
}

std::size_t score_count(const Program& program) {
  std::size_t count = 0;
  for (const Output& output : program.outputs) count += output.element.size();
  return count;
}

}  // namespace obscura::plan::program
