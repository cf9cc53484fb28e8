#include "compiler/onnx/conformance_case.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/read_onnx.hpp"

namespace obscura::compiler::onnx_import {
namespace {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

onnx::TensorProto tensor(const fs::path& folder, const std::string& name) {
  onnx::TensorProto result;
  if (!result.ParseFromString(read_bytes(folder / "test_data_set_0" / name))) result.Clear();
  return result;
}

// A model whose inputs but one are constants, and the tensors of that one and of its outputs.
struct Case {
  onnx::ModelProto model;
  onnx::TensorProto input;
  std::vector<onnx::TensorProto> outputs;

  onnx::TensorProto* constant(const std::string& name) {
    for (auto& initializer : *model.mutable_graph()->mutable_initializer()) {
      if (initializer.name() == name) return &initializer;
    }
    return nullptr;
  }
};

bool is_float(const onnx::ValueInfoProto& value) {
  const auto type = value.type().tensor_type().elem_type();
  return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::DOUBLE;
}

void bind_inputs(const fs::path& folder, Case& one) {
  onnx::GraphProto& graph = *one.model.mutable_graph();
  std::set<std::string> known;
  for (const auto& initializer : graph.initializer()) known.insert(initializer.name());
  int index = 0;
  for (const auto& input : graph.input()) {
    if (known.contains(input.name())) continue;
    onnx::TensorProto value = tensor(folder, fmt::format("input_{}.pb", index));
    value.set_name(input.name());
    if (index == 0) {
      one.input = std::move(value);
    } else {
      *graph.add_initializer() = std::move(value);
    }
    ++index;
  }
}

void bind_outputs(const fs::path& folder, Case& one) {
  onnx::GraphProto& graph = *one.model.mutable_graph();
  const auto all = graph.output();
  graph.clear_output();
  for (int i = 0; i < all.size(); ++i) {
    if (i > 0 && !is_float(all[i])) continue;
    *graph.add_output() = all[i];
    one.outputs.push_back(tensor(folder, fmt::format("output_{}.pb", i)));
  }
}

Dims integers(const onnx::TensorProto& tensor) {
  const auto constant = read_tensor(tensor);
  return constant && !constant->is_real() ? constant->integers() : Dims{};
}

void set_integers(onnx::TensorProto& tensor, const Dims& values) {
  tensor.clear_raw_data();
  tensor.clear_int64_data();
  tensor.clear_dims();
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
}

Dims shifted(Dims axes) {
  for (std::int64_t& axis : axes) axis += axis >= 0 ? 1 : 0;
  return axes;
}

onnx::AttributeProto* attribute(onnx::NodeProto& node, const std::string& name) {
  for (auto& candidate : *node.mutable_attribute()) {
    if (candidate.name() == name) return &candidate;
  }
  return nullptr;
}

onnx::AttributeProto& new_attribute(onnx::NodeProto& node, const std::string& name,
                                    onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& result = *node.add_attribute();
  result.set_name(name);
  result.set_type(type);
  return result;
}

void set_axes(onnx::AttributeProto& axes, const Dims& values) {
  axes.clear_ints();
  for (const std::int64_t value : values) axes.add_ints(value);
}

// 1, ..., rank: every dimension of a sample.
Dims sample_axes(std::int64_t rank) {
  Dims result(static_cast<std::size_t>(rank));
  std::iota(result.begin(), result.end(), 1);
  return result;
}

// Axes in attributes count the batch now.
void shift_attributes(onnx::NodeProto& node, std::int64_t rank) {
  const std::string& type = node.op_type();
  if (auto* axis = attribute(node, "axis"); axis != nullptr) {
    axis->set_i(axis->i() + (axis->i() >= 0 ? 1 : 0));
  } else if (type == "ArgMax" || type == "Split") {
    new_attribute(node, "axis", onnx::AttributeProto::INT).set_i(1);
  }
  if (auto* axes = attribute(node, "axes"); axes != nullptr) {
    set_axes(*axes, shifted({axes->ints().begin(), axes->ints().end()}));
  } else if (type == "ReduceMean") {
    set_axes(new_attribute(node, "axes", onnx::AttributeProto::INTS), sample_axes(rank));
  }
  if (type != "Transpose") return;
  auto* perm = attribute(node, "perm");
  Dims order = sample_axes(rank);
  std::reverse(order.begin(), order.end());
  if (perm != nullptr) order = shifted({perm->ints().begin(), perm->ints().end()});
  order.insert(order.begin(), 0);
  set_axes(perm != nullptr ? *perm : new_attribute(node, "perm", onnx::AttributeProto::INTS), order);
}

// So do axes, shapes and bounds in constants.
void shift_constants(Case& one, const onnx::NodeProto& node, std::int64_t rank) {
  const std::string& type = node.op_type();
  const auto input = [&](int index) { return index < node.input_size() ? one.constant(node.input(index)) : nullptr; };
  const auto prepend = [&](int index, std::int64_t value) {
    Dims values = integers(*input(index));
    values.insert(values.begin(), value);
    set_integers(*input(index), values);
  };
  if ((type == "Squeeze" || type == "Unsqueeze" || type == "ReduceSum") && input(1) != nullptr) {
    const Dims axes = integers(*input(1));
    const bool all = axes.empty() && type == "ReduceSum" && node.attribute_size() < 2;
    set_integers(*input(1), all ? sample_axes(rank) : shifted(axes));
  }
  if (type == "Reshape") prepend(1, 1);
  if (type == "Slice" && input(3) != nullptr) set_integers(*input(3), shifted(integers(*input(3))));
  if (type == "Slice" && input(3) == nullptr) {
    prepend(1, 0);
    prepend(2, std::numeric_limits<std::int64_t>::max());
  }
  for (int i = 0; type == "Concat" && i < node.input_size(); ++i) {
    if (input(i) == nullptr) continue;
    const Dims dims(input(i)->dims().begin(), input(i)->dims().end());
    input(i)->clear_dims();
    input(i)->add_dims(1);
    for (const std::int64_t dim : dims) input(i)->add_dims(dim);
  }
}

void place(Case& one, Placement placement) {
  onnx::GraphProto& graph = *one.model.mutable_graph();
  auto& dims = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim();
  if (placement == Placement::kWhole) {
    dims.Add()->set_dim_value(1);
    for (int d = dims.size() - 1; d > 0; --d) dims.SwapElements(d, d - 1);
    for (auto& node : *graph.mutable_node()) {
      shift_attributes(node, one.input.dims_size());
      shift_constants(one, node, one.input.dims_size());
    }
    return;
  }
  if (dims.size() > 0) dims[0].set_dim_param("N");
  for (const auto& node : graph.node()) {
    if (node.op_type() != "Reshape" || one.constant(node.input(1)) == nullptr) continue;
    Dims target = integers(*one.constant(node.input(1)));
    if (!target.empty()) target[0] = 0;
    set_integers(*one.constant(node.input(1)), target);
  }
}

std::vector<double> numbers(const Constant& constant) {
  if (constant.is_real()) return constant.reals();
  return {constant.integers().begin(), constant.integers().end()};
}

// The outputs of one sample against row `sample` of the expected tensors.
std::string compare(const graph::Graph& graph, const std::vector<Constant>& expected, std::span<const double> input,
                    std::size_t sample) {
  const auto actual = graph::interpret(graph, input);
  std::size_t next = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto size = static_cast<std::size_t>(graph::element_count(graph.shape(graph.outputs[i])));
    const auto all = numbers(expected[i]);
    for (std::size_t e = 0; e < size; ++e, ++next) {
      const double want = all[sample * size + e];
      // The references are sums of up to 144 terms in 32-bit floats.
      if (std::abs(actual[next] - want) <= 144 * 0x1p-24 * (1.0 + std::abs(want))) continue;
      return fmt::format("element {} of output {} is {}, not {}", e, i, actual[next], want);
    }
  }
  return "";
}

std::string compare_all(const Case& one, const graph::Graph& graph, Placement placement) {
  const auto input = read_tensor(one.input);
  if (!input || !input->is_real()) return "the input's data cannot be read";
  std::vector<Constant> expected;
  const std::ptrdiff_t batch_dims = placement == Placement::kRows ? 1 : 0;
  for (std::size_t i = 0; i < one.outputs.size(); ++i) {
    auto output = read_tensor(one.outputs[i]);
    if (!output) return output.error().message;
    if (graph.shape(graph.outputs[i]).dims != Dims(output->dims.begin() + batch_dims, output->dims.end())) {
      return fmt::format("output {} has the shape {}", i, graph::to_string(graph.shape(graph.outputs[i])));
    }
    expected.push_back(std::move(*output));
  }
  const auto samples = static_cast<std::size_t>(placement == Placement::kRows ? input->dims[0] : 1);
  const std::size_t size = input->reals().size() / samples;
  for (std::size_t sample = 0; sample < samples; ++sample) {
    const auto wrong = compare(graph, expected, {input->reals().data() + sample * size, size}, sample);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

std::vector<std::string> operators_of(const fs::path& folder) {
  onnx::ModelProto model;
  std::vector<std::string> result;
  if (!model.ParseFromString(read_bytes(folder / "model.onnx"))) return result;
  for (const auto& node : model.graph().node()) result.push_back(node.op_type());
  return result;
}

std::string run_case(const fs::path& folder, Placement placement) {
  Case one;
  if (!one.model.ParseFromString(read_bytes(folder / "model.onnx"))) return "the model cannot be parsed";
  if (one.model.graph().input_size() == 0) return "the model has no input";
  if (!one.model.graph().input(0).type().has_tensor_type()) return "the input is not a tensor";
  if (one.model.opset_import(0).version() < 7) one.model.mutable_opset_import(0)->set_version(7);
  bind_inputs(folder, one);
  bind_outputs(folder, one);
  place(one, placement);
  const std::string bytes = one.model.SerializeAsString();
  ImportOptions options;
  options.approximate_maxpool = true;
  const auto graph = read_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, options);
  if (!graph) return graph.error().message;
  return compare_all(one, *graph, placement);
}

}  // namespace obscura::compiler::onnx_import
