#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/onnx/detail/proto.hpp"
#include "compiler/onnx/read_onnx.hpp"

namespace obscura::compiler::onnx_import {

/// For tests: writes ONNX models as exporters do.
class ModelMaker {
 public:
  explicit ModelMaker(std::int64_t opset = 13, std::int64_t ir_version = 7) {
    model.set_ir_version(ir_version);
    model.add_opset_import()->set_version(opset);
    graph().set_name("g");
  }

  onnx::GraphProto& graph() { return *model.mutable_graph(); }

  /// A float input; -1 leaves a dimension open under a name.
  void input(const std::string& name, const std::vector<std::int64_t>& dims) {
    describe(*graph().add_input(), name, dims);
  }
  void output(const std::string& name, const std::vector<std::int64_t>& dims) {
    describe(*graph().add_output(), name, dims);
  }

  onnx::TensorProto& floats(const std::string& name, const std::vector<std::int64_t>& dims,
                            const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    fill(tensor, dims, onnx::TensorProto::FLOAT);
    tensor.set_name(name);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
  }

  /// Small numbers that repeat with a prime period.
  void weights(const std::string& name, const std::vector<std::int64_t>& dims) {
    std::int64_t count = 1;
    for (const std::int64_t dim : dims) count *= dim;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>((i * 5 + 2) % 13 - 6) / 16.0F);
    floats(name, dims, values);
  }

  onnx::TensorProto& ints(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    fill(tensor, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
    tensor.set_name(name);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor;
  }

  onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& proto = *graph().add_node();
    proto.set_op_type(type);
    proto.set_name("n_" + output);
    for (const std::string& name : inputs) proto.add_input(name);
    proto.add_output(output);
    return proto;
  }

  static void attribute(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& proto = *node.add_attribute();
    proto.set_name(name);
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(value);
  }
  static void attribute(onnx::NodeProto& node, const std::string& name, float value) {
    onnx::AttributeProto& proto = *node.add_attribute();
    proto.set_name(name);
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(value);
  }
  static void attribute(onnx::NodeProto& node, const std::string& name, const std::string& value) {
    onnx::AttributeProto& proto = *node.add_attribute();
    proto.set_name(name);
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(value);
  }
  static void attribute(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& proto = *node.add_attribute();
    proto.set_name(name);
    proto.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) proto.add_ints(value);
  }

  /// A Constant node that holds integers.
  void constant(const std::string& output, const std::vector<std::int64_t>& values, bool scalar = false) {
    onnx::AttributeProto& proto = *node("Constant", {}, output).add_attribute();
    proto.set_name("value");
    proto.set_type(onnx::AttributeProto::TENSOR);
    std::vector<std::int64_t> dims;
    if (!scalar) dims.push_back(static_cast<std::int64_t>(values.size()));
    fill(*proto.mutable_t(), dims, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) proto.mutable_t()->add_int64_data(value);
  }
  /// A Constant node that holds one float.
  void constant_float(const std::string& output, float value) {
    onnx::AttributeProto& proto = *node("Constant", {}, output).add_attribute();
    proto.set_name("value");
    proto.set_type(onnx::AttributeProto::TENSOR);
    fill(*proto.mutable_t(), {}, onnx::TensorProto::FLOAT);
    proto.mutable_t()->add_float_data(value);
  }

  [[nodiscard]] base::Result<graph::Graph> read(const ImportOptions& options = {}) const {
    const std::string bytes = model.SerializeAsString();
    return read_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, options);
  }

  onnx::ModelProto model;

 private:
  static void describe(onnx::ValueInfoProto& value, const std::string& name, const std::vector<std::int64_t>& dims) {
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    type.mutable_shape();
    for (const std::int64_t dim : dims) {
      auto& proto = *type.mutable_shape()->add_dim();
      if (dim < 0) {
        proto.set_dim_param("N");
      } else {
        proto.set_dim_value(dim);
      }
    }
  }

  static void fill(onnx::TensorProto& tensor, const std::vector<std::int64_t>& dims, onnx::TensorProto::DataType type) {
    tensor.set_data_type(type);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
  }
};

}  // namespace obscura::compiler::onnx_import
