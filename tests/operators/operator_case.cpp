#include "tests/operators/operator_case.hpp"

#include <ostream>
#include <utility>

namespace obscura::tests::operators {

std::ostream& operator<<(std::ostream& stream, const OperatorCase& one) {
  return stream << one.name;
}

OperatorCase& CaseList::add(const std::string& name, Dims input, Body body) {
  const std::uint64_t seed = cases_.size() + 1;
  const auto build = [seed, input = std::move(input), body = std::move(body)] {
    GraphMaker make(seed);
    const ValueId output = body(make, make.input(input));
    if (make.graph.outputs.empty()) make.graph.outputs = {output};
    return std::move(make.graph);
  };
  return cases_.emplace_back(OperatorCase{name, build});
}

OperatorCase& CaseList::add(const std::string& name, Dims input, graph::Op op) {
  return add(name, std::move(input),
             [name, op = std::move(op)](GraphMaker& make, ValueId x) { return make.add(op, {x}, name); });
}

OperatorCase& CaseList::onnx(const std::string& name, Dims input, OnnxBody body, std::int64_t opset) {
  const auto build = [input = std::move(input), body = std::move(body), opset] {
    ModelMaker make(opset, opset > 18 ? 9 : opset > 15 ? 8 : 7);
    Dims dims{-1};
    dims.insert(dims.end(), input.begin(), input.end());
    make.input("x", dims);
    body(make);
    if (make.graph().output_size() == 0) make.output("y", {});
    auto graph = make.read();
    EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
    return graph ? std::move(*graph) : graph::Graph{};
  };
  return cases_.emplace_back(OperatorCase{name, build});
}

}  // namespace obscura::tests::operators
