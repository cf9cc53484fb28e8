#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/onnx/model_maker.hpp"
#include "compiler/passes/graph_maker.hpp"

/// Small networks around one operator each: what the compiler must take from end to end.
namespace obscura::tests::operators {

namespace graph = compiler::graph;
using compiler::onnx_import::ModelMaker;
using compiler::passes::GraphMaker;
using graph::ValueId;
using Dims = std::vector<std::int64_t>;

struct OperatorCase {
  std::string name;  ///< letters, digits and underscores
  std::function<graph::Graph()> build;
  bool quick = false;   ///< in the fast suite
  int most_log_n = 13;  ///< largest ring that the compiler may choose
};

std::ostream& operator<<(std::ostream& stream, const OperatorCase& one);

/// The operators behind the input `x`; returns the output, or sets `make.graph.outputs` itself.
using Body = std::function<ValueId(GraphMaker& make, ValueId x)>;
/// The same in ONNX, where "x" is the input and "y" the output.
using OnnxBody = std::function<void(ModelMaker& make)>;

/// Collects the cases of one family.
class CaseList {
 public:
  /// A graph on inputs of this shape; its weights are drawn from the number of the case.
  OperatorCase& add(const std::string& name, Dims input, Body body);
  /// A graph of one operator.
  OperatorCase& add(const std::string& name, Dims input, graph::Op op);
  /// A model whose input has these dimensions behind an open batch.
  OperatorCase& onnx(const std::string& name, Dims input, OnnxBody body, std::int64_t opset = 13);

  [[nodiscard]] std::vector<OperatorCase> take() { return std::move(cases_); }

 private:
  std::vector<OperatorCase> cases_;
};

[[nodiscard]] std::vector<OperatorCase> convolution_cases();
[[nodiscard]] std::vector<OperatorCase> dense_cases();
[[nodiscard]] std::vector<OperatorCase> pooling_cases();
[[nodiscard]] std::vector<OperatorCase> elementwise_cases();
[[nodiscard]] std::vector<OperatorCase> moving_cases();
[[nodiscard]] std::vector<OperatorCase> activation_cases();
[[nodiscard]] std::vector<OperatorCase> network_cases();

}  // namespace obscura::tests::operators
