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

  // Only parameters that the kind has.
  [[nodiscard]] std::string activation_details(const Activation& op) const {
    switch (op.kind) {
      case ActivationKind::kLeakyRelu:
        return fmt::format(" slope {}", granularity(op.slopes, shape));
      case ActivationKind::kElu:
      case ActivationKind::kCelu:
        return fmt::format(" a {:.6g}", op.a);
      case ActivationKind::kSelu:
      case ActivationKind::kHardSigmoid:
      case ActivationKind::kClip:
        return fmt::format(" a {:.6g}, b {:.6g}", op.a, op.b);
      default:
        return "";
    }
  }

  std::string operator()(const Conv& op) const {
    return fmt::format(" weights {} strides [{}] pads [{}] dilations [{}] groups {}", to_string(op.weights.shape),
                       fmt::join(op.strides, ", "), fmt::join(op.pads, ", "), fmt::join(op.dilations, ", "), op.groups);
  }
  std::string operator()(const ConvTranspose& op) const {
    return fmt::format(" weights {} strides [{}] pads [{}] output_padding [{}] dilations [{}] groups {}",
                       to_string(op.weights.shape), fmt::join(op.strides, ", "), fmt::join(op.pads, ", "),
                       fmt::join(op.output_padding, ", "), fmt::join(op.dilations, ", "), op.groups);
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
  std::string operator()(const Concat& op) const { return fmt::format(" axis {}", op.axis); }
  std::string operator()(const Reduce& op) const { return fmt::format(" axes [{}]", fmt::join(op.axes, ", ")); }
  std::string operator()(const MaxPool& op) const {
    return fmt::format(" kernel [{}] strides [{}] pads [{}] dilations [{}]", fmt::join(op.kernel, ", "),
                       fmt::join(op.strides, ", "), fmt::join(op.pads, ", "), fmt::join(op.dilations, ", "));
  }
  std::string operator()(const Softmax& op) const { return fmt::format(" axis {}", op.axis); }
  std::string operator()(const ArgMax& op) const { return fmt::format(" axis {}{}", op.axis, op.last ? " last" : ""); }
  std::string operator()(const Polynomial& op) const { return fmt::format(" degree {}", op.coefficients.size() - 1); }
  std::string operator()(const Activation& op) const { return activation_details(op); }
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
