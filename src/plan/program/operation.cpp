#include "plan/program/operation.hpp"

namespace obscura::plan::program {

std::string_view name_of(const Operation& operation) {
  using Name = std::string_view;
  return std::visit(
      Match{[](const Input&) -> Name { return "input"; }, [](const Linear&) -> Name { return "linear"; },
            [](const AddBias&) -> Name { return "add_bias"; }, [](const Square&) -> Name { return "square"; },
            [](const Rotate&) -> Name { return "rotate"; }, [](const Conjugate&) -> Name { return "conjugate"; },
            [](const MultiplyByI&) -> Name { return "multiply_by_i"; }, [](const Add&) -> Name { return "add"; },
            [](const Multiply&) -> Name { return "multiply"; },
            [](const ChangeScale&) -> Name { return "change_scale"; }},
      operation);
}

Level working_level(const Instruction& instruction) {
  const bool rescales = std::visit(Match{[](const Linear& linear) { return linear.rescale; },
                                         [](const Square&) { return true; }, [](const Multiply&) { return true; },
                                         [](const ChangeScale&) { return true; }, [](const auto&) { return false; }},
                                   instruction.operation);
  return Level(instruction.level.value() + (rescales ? 1 : 0));
}

std::vector<ValueId> operands_of(const Operation& operation) {
  using Values = std::vector<ValueId>;
  return std::visit(Match{[](const Input&) { return Values{}; }, [](const Linear& linear) { return linear.operands; },
                          [](const AddBias& bias) { return Values{bias.operand}; },
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
                          [](const ChangeScale& change) { return Values{change.operand}; }},
                    operation);
}

void replace_operands(Operation& operation, const std::function<ValueId(ValueId)>& now) {
  std::visit(Match{[](Input&) {},
                   [&](Linear& linear) {
                     for (ValueId& id : linear.operands) id = now(id);
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
