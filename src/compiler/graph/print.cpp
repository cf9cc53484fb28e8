#include "compiler/graph/print.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace obscura::compiler::graph {
namespace {

std::string granularity(const Coefficients& coefficients, const Shape& shape) {
  const auto count = static_cast<std::int64_t>(coefficients.size());
  if (count == 1) return "scalar";
  return count == channel_count(shape) ? "per channel" : "per element";
}

struct Details {
  const Shape& shape;

  std::string operator()(const Conv& op) const {
    return fmt::format(" weights {} strides [{}] pads [{}] dilations [{}] groups {}", to_string(op.weights.shape),
                       fmt::join(op.strides, ", "), fmt::join(op.pads, ", "), fmt::join(op.dilations, ", "), op.groups);
  }
  std::string operator()(const Dense& op) const { return fmt::format(" weights {}", to_string(op.weights.shape)); }
  std::string operator()(const AveragePool& op) const {
    return fmt::format(" kernel [{}] strides [{}] pads [{}]{}", fmt::join(op.kernel, ", "), fmt::join(op.strides, ", "),
                       fmt::join(op.pads, ", "), op.count_include_pad ? " count_include_pad" : "");
  }
  std::string operator()(const Pad& op) const {
    return fmt::format(" before [{}] after [{}]", fmt::join(op.before, ", "), fmt::join(op.after, ", "));
  }
  std::string operator()(const Transpose& op) const { return fmt::format(" [{}]", fmt::join(op.permutation, ", ")); }
  std::string operator()(const Affine& op) const {
    return fmt::format(" scale {}, shift {}", granularity(op.scale, shape), granularity(op.shift, shape));
  }
  std::string operator()(const Linear& op) const {
    return fmt::format(" {}x{}, {} entries", op.matrix.rows, op.matrix.cols, op.matrix.entries());
  }
  std::string operator()(const Quadratic& op) const {
    return fmt::format(" a {}, b {}, c {}", granularity(op.a, shape), granularity(op.b, shape),
                       granularity(op.c, shape));
  }
  template <class Plain>
  std::string operator()(const Plain&) const {
    return "";
  }
};

std::string value_list(const std::vector<ValueId>& values) {
  std::string result;
  for (const ValueId value : values) result += fmt::format("{}%{}", result.empty() ? "" : ", ", value.value());
  return result;
}

}  // namespace

std::string print(const Graph& graph) {
  std::string text;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    text += fmt::format("%{} = {}({}) '{}'{} : {}\n", i, op_name(node.op), value_list(node.operands), node.name,
                        std::visit(Details{node.shape}, node.op), to_string(node.shape));
  }
  return text + fmt::format("output {}\n", value_list(graph.outputs));
}

}  // namespace obscura::compiler::graph
