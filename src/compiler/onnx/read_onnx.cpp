#include "compiler/onnx/read_onnx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "base/file.hpp"
#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/verify.hpp"
#include "compiler/onnx/detail/check_model.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/proto.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;
using base::Result;

tl::unexpected<base::Error> bad_input(const std::string& name, const std::string& why, std::string hint) {
  return base::fail(ErrorCode::kUnsupported, fmt::format("input '{}': {}", name, why), std::move(hint));
}

// Shape of one sample. The batch is the first dimension: 1, or any of the ways to leave it open.
Result<graph::Shape> sample_shape(const onnx::ValueInfoProto& input) {
  if (!input.type().has_tensor_type()) return bad_input(input.name(), "is not a tensor", "export one tensor as input");
  const auto& type = input.type().tensor_type();
  if (type.elem_type() != onnx::TensorProto::FLOAT && type.elem_type() != onnx::TensorProto::DOUBLE) {
    return bad_input(input.name(), "does not hold floating-point numbers", "convert images to floats before the model");
  }
  const auto& dims = type.shape().dim();
  if (dims.size() < 2) {
    return bad_input(input.name(),
                     fmt::format("has {} dimensions; a batch and at least one more are needed", dims.size()),
                     "export the model with a batch dimension");
  }
  if (dims[0].has_dim_value() && dims[0].dim_value() > 1) {
    return bad_input(input.name(), fmt::format("has the fixed batch size {}", dims[0].dim_value()),
                     "export the model with batch size 1 or a dynamic batch");
  }
  graph::Shape shape;
  for (int d = 1; d < dims.size(); ++d) {
    if (!dims[d].has_dim_value() || dims[d].dim_value() < 1) {
      return bad_input(input.name(), fmt::format("leaves the size of dimension {} open", d),
                       "export the model with a fixed input size");
    }
    shape.dims.push_back(dims[d].dim_value());
  }
  return shape;
}

// Names the initialisers and adds the one input that is not one of them.
Result<void> define_inputs(const onnx::GraphProto& proto, Scope& scope) {
  if (proto.sparse_initializer_size() > 0) {
    return base::fail(ErrorCode::kUnsupported, "the model has sparse weights", "export it with dense weights");
  }
  for (const auto& tensor : proto.initializer()) {
    if (!scope.initializers.emplace(tensor.name(), &tensor).second) {
      return base::fail(ErrorCode::kCorrupt, fmt::format("two initialisers are named '{}'", tensor.name()));
    }
  }
  const onnx::ValueInfoProto* input = nullptr;
  for (const auto& candidate : proto.input()) {
    if (scope.initializers.contains(candidate.name())) continue;
    if (input != nullptr) {
      return base::fail(ErrorCode::kUnsupported,
                        fmt::format("the model has the inputs '{}' and '{}'", input->name(), candidate.name()),
                        "export it with one input");
    }
    input = &candidate;
  }
  if (input == nullptr) return base::fail(ErrorCode::kCorrupt, "the model has no input", "export it again");
  OBSCURA_TRY(graph::Shape shape, sample_shape(*input));
  OBSCURA_TRY(const graph::ValueId id, graph::append(scope.graph, graph::Input{std::move(shape)}, {}, input->name()));
  scope.values.emplace(input->name(), id);
  return {};
}

// What to do about an operator that cannot be read.
std::string advice() {
  std::string names;
  for (const Operator& known : operators()) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return "supported operators: " + names;
}

bool is_control_flow(const std::string& type) {
  return type == "If" || type == "Loop" || type == "Scan" || type == "SequenceMap";
}

Result<Value> read_node(Node& node) {
  if (const auto& domain = node.proto().domain(); !domain.empty() && domain != "ai.onnx") {
    return node.unsupported(fmt::format("operators of the domain '{}' are not supported", domain),
                            "export the model with standard ONNX operators only");
  }
  if (static_cast<std::size_t>(std::max(node.proto().input_size(), node.output_count())) > node.options().max_nodes) {
    return tl::make_unexpected(
        node.named({ErrorCode::kLimit, "it has too many inputs or outputs", "use a smaller model"}));
  }
  for (const Operator& known : operators()) {
    if (known.name != node.type()) continue;
    if (node.input_count() < known.min_inputs || node.input_count() > known.max_inputs) {
      return node.corrupt(fmt::format("it has {} inputs", node.input_count()));
    }
    auto result = known.read(node);
    if (const auto& wrong = node.attributes().wrong()) return node.corrupt(*wrong);
    if (!result) return result;
    if (const auto unread = node.attributes().unread()) {
      return node.unsupported(fmt::format("attribute '{}' is not supported", *unread), "export the model without it");
    }
    return result;
  }
  if (is_control_flow(node.type())) {
    return node.unsupported("control flow cannot depend on encrypted values",
                            "export the model without it (PyTorch: trace it instead of scripting it)");
  }
  return node.unsupported("this operator is not supported", advice());
}

Result<void> define_outputs(const onnx::NodeProto& proto, std::vector<Value> values, Scope& scope) {
  for (int i = 0; i < proto.output_size(); ++i) {
    const std::string& name = proto.output(i);
    if (name.empty()) continue;
    const bool taken =
        scope.values.contains(name) || scope.initializers.contains(name) || scope.extra_outputs.contains(name);
    if (taken) return base::fail(ErrorCode::kCorrupt, fmt::format("'{}' is defined twice", name), "export it again");
    if (static_cast<std::size_t>(i) < values.size()) {
      scope.values.emplace(name, values[static_cast<std::size_t>(i)]);
    } else {
      scope.extra_outputs.insert(name);
    }
  }
  return {};
}

Result<void> find_outputs(const onnx::GraphProto& proto, Scope& scope) {
  for (const auto& output : proto.output()) {
    OBSCURA_TRY(const Value value, scope.find(output.name()));
    const auto* id = std::get_if<graph::ValueId>(&value);
    if (id == nullptr) {
      return base::fail(ErrorCode::kUnsupported, fmt::format("output '{}' does not depend on the input", output.name()),
                        "remove it from the model");
    }
    scope.graph.outputs.push_back(*id);
    scope.graph.output_names.push_back(output.name());
  }
  if (proto.output_size() == 0) return base::fail(ErrorCode::kCorrupt, "the model has no output", "export it again");
  return {};
}

Result<graph::Graph> read_model(const onnx::ModelProto& model, const ImportOptions& options) {
  OBSCURA_TRY(const std::int64_t opset, check_versions(model));
  const onnx::GraphProto& proto = model.graph();
  if (static_cast<std::size_t>(proto.node_size()) > options.max_nodes) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("the model has {} nodes, more than {}", proto.node_size(), options.max_nodes),
                      "use a smaller model");
  }
  Scope scope{options, opset, {}, {}, {}, {}, 0};
  OBSCURA_TRY_VOID(define_inputs(proto, scope));
  for (const onnx::NodeProto& node_proto : proto.node()) {
    Node node(node_proto, scope);
    OBSCURA_TRY(Value value, read_node(node));
    std::vector<Value> values = node.also();
    values.insert(values.begin(), std::move(value));
    OBSCURA_TRY_VOID(define_outputs(node_proto, std::move(values), scope));
  }
  OBSCURA_TRY_VOID(find_outputs(proto, scope));
  OBSCURA_TRY_VOID(graph::check_final_ops(scope.graph));
  OBSCURA_TRY_VOID(check_with_libonnx(model, opset));
  OBSCURA_TRY_VOID(graph::verify(scope.graph));
  return std::move(scope.graph);
}

}  // namespace

Result<graph::Graph> read_onnx(std::span<const std::uint8_t> bytes, const ImportOptions& options) {
  if (bytes.size() > options.max_file_bytes) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("the model has {} bytes, more than {}", bytes.size(), options.max_file_bytes),
                      "use a smaller model");
  }
  try {
    onnx::ModelProto model;
    if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return base::fail(ErrorCode::kCorrupt, "this is not an ONNX model, or it is cut off",
                        "check the file, or export the model again");
    }
    return read_model(model, options);
  } catch (const std::bad_alloc&) {
    std::rethrow_exception(std::current_exception());
  } catch (const std::exception& error) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("the model cannot be read: {}", error.what()),
                      "check the file, or export the model again");
  }
}

Result<graph::Graph> read_onnx_file(const std::string& path, const ImportOptions& options) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, options.max_file_bytes));
  auto graph = read_onnx(bytes, options);
  if (!graph) graph.error().message = fmt::format("{}: {}", path, graph.error().message);
  return graph;
}

}  // namespace obscura::compiler::onnx_import
