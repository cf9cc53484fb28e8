#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/onnx/detail/attributes.hpp"
#include "compiler/onnx/detail/constant.hpp"
#include "compiler/onnx/read_onnx.hpp"

namespace obscura::compiler::onnx_import {

using ConstantPtr = std::shared_ptr<const Constant>;
/// What a name in the model stands for: a value of the graph (without its batch dimension), or a
/// constant.
using Value = std::variant<graph::ValueId, ConstantPtr>;

/// The names defined so far and the graph built so far.
struct Scope {
  const ImportOptions& options;
  std::int64_t opset = 0;
  graph::Graph graph;
  std::unordered_map<std::string, Value> values;
  std::unordered_map<std::string, const onnx::TensorProto*> initializers;  ///< read on first use
  std::unordered_set<std::string> extra_outputs;  ///< second and later outputs that have no value
  std::int64_t constants = 0;                     ///< numbers held by all constants so far

  /// Counts constants against the limit; kLimit when they exceed it.
  [[nodiscard]] base::Result<void> charge(std::int64_t count);
  /// What a name stands for; kCorrupt when nothing defines it before its use.
  [[nodiscard]] base::Result<Value> find(const std::string& name);
};

/// One node of the model while it is being read: its inputs, attributes and messages.
class Node {
 public:
  Node(const onnx::NodeProto& proto, Scope& scope);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& type() const { return proto_.op_type(); }
  [[nodiscard]] std::int64_t opset() const { return scope_.opset; }
  [[nodiscard]] Attributes& attributes() { return attributes_; }
  [[nodiscard]] const onnx::NodeProto& proto() const { return proto_; }

  /// Number of inputs, trailing omitted ones not counted.
  [[nodiscard]] int input_count() const;
  [[nodiscard]] bool has_input(int index) const;
  [[nodiscard]] base::Result<Value> input(int index);
  /// An input that depends on the network's input; kUnsupported when it is a constant.
  [[nodiscard]] base::Result<graph::ValueId> computed(int index);
  /// A constant input; kUnsupported, with `what` it is for, when it is computed.
  [[nodiscard]] base::Result<ConstantPtr> constant(int index, std::string_view what);
  [[nodiscard]] base::Result<ConstantPtr> real_constant(int index, std::string_view what);
  /// A constant list of integers, such as axes or a shape.
  [[nodiscard]] base::Result<Dims> integer_constant(int index, std::string_view what);

  [[nodiscard]] const graph::Shape& shape(graph::ValueId id) const { return scope_.graph.shape(id); }

  /// ONNX's dimensions of a value: kBatchSize, then those of a sample.
  [[nodiscard]] Dims full_dims(graph::ValueId id) const;

  /// Adds an operator named after this node to the graph.
  [[nodiscard]] base::Result<graph::ValueId> emit(graph::Op op, std::vector<graph::ValueId> operands);
  /// Wraps a constant made by this node.
  [[nodiscard]] base::Result<Value> hold(Constant constant);

  /// States the second and later outputs, in order; without it they have no value.
  void also(std::vector<Value> outputs) { also_ = std::move(outputs); }
  [[nodiscard]] const std::vector<Value>& also() const { return also_; }
  [[nodiscard]] int output_count() const { return proto_.output_size(); }
  [[nodiscard]] const ImportOptions& options() const { return scope_.options; }

  /// A failure that begins with the node's name and operator.
  [[nodiscard]] tl::unexpected<base::Error> unsupported(std::string_view why, std::string hint) const;
  [[nodiscard]] tl::unexpected<base::Error> corrupt(std::string_view why) const;
  /// The refusal of whatever joins or reorders samples.
  [[nodiscard]] tl::unexpected<base::Error> mixes_samples() const;
  /// Puts the node's name and operator before a message from below.
  [[nodiscard]] base::Error named(base::Error error) const;

 private:
  const onnx::NodeProto& proto_;
  Scope& scope_;
  Attributes attributes_;
  std::string name_;
  std::vector<Value> also_;
};

}  // namespace obscura::compiler::onnx_import
