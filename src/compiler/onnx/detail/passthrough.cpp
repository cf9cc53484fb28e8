#include <fmt/format.h>

#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {

using base::Result;

Result<Value> read_identity(Node& node) {
  return node.input(0);
}

// Dropout (operator sets 7, 10, 12, 13) does nothing in inference.
Result<Value> read_dropout(Node& node) {
  node.attributes().ignore("ratio");
  node.attributes().ignore("seed");
  if (node.has_input(2)) {
    OBSCURA_TRY(const ConstantPtr training, node.constant(2, "the training mode"));
    if (training->is_real() || training->integers() != std::vector<std::int64_t>{0}) {
      return node.unsupported("its training mode is on", "export the model in inference mode (model.eval())");
    }
  }
  return node.input(0);
}

// Constant (operator sets 1, 9, 11, 12, 13): exactly one of several attributes.
Result<Value> read_constant(Node& node) {
  Attributes& attributes = node.attributes();
  if (node.proto().attribute_size() != 1) return node.corrupt("it needs exactly one attribute");
  if (const auto* value = attributes.find("value"); value != nullptr) {
    auto constant = read_tensor(value->t());
    if (!constant) return tl::make_unexpected(node.named(std::move(constant.error())));
    return node.hold(std::move(*constant));
  }
  const std::string& name = node.proto().attribute(0).name();
  if (name == "value_int") return node.hold({{}, std::vector<std::int64_t>{attributes.integer(name, 0)}});
  if (name == "value_float") return node.hold({{}, std::vector<double>{attributes.real(name, 0.0)}});
  if (name == "value_ints") {
    Dims values = attributes.integers(name, {});
    Dims dims{static_cast<std::int64_t>(values.size())};
    return node.hold({std::move(dims), std::move(values)});
  }
  if (name == "value_floats") {
    std::vector<double> values = attributes.reals(name, {});
    Dims dims{static_cast<std::int64_t>(values.size())};
    return node.hold({std::move(dims), std::move(values)});
  }
  return node.unsupported(fmt::format("attribute '{}' cannot be read", name), "store the constant as a tensor");
}

}  // namespace obscura::compiler::onnx_import
