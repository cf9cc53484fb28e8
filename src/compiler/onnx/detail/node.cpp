#include "compiler/onnx/detail/node.hpp"

#include <fmt/format.h>

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;
using base::Result;

// Numbers that the operator keeps.
struct CountConstants {
  static std::size_t of_layer(const graph::Tensor& weights, const std::vector<double>& bias) {
    return weights.values.size() + bias.size();
  }
  std::size_t operator()(const graph::Conv& op) const { return of_layer(op.weights, op.bias); }
  std::size_t operator()(const graph::ConvTranspose& op) const { return of_layer(op.weights, op.bias); }
  std::size_t operator()(const graph::Dense& op) const { return of_layer(op.weights, op.bias); }
  std::size_t operator()(const graph::Affine& op) const { return op.scale.size() + op.shift.size(); }
  std::size_t operator()(const graph::Linear& op) const { return 2 * op.matrix.entries() + op.matrix.rows; }
  std::size_t operator()(const graph::Select& op) const { return op.source.size(); }
  std::size_t operator()(const graph::Activation& op) const { return op.slopes.size(); }
  std::size_t operator()(const graph::Polynomial& op) const {
    std::size_t count = 0;
    for (const graph::Coefficients& coefficients : op.coefficients) count += coefficients.size();
    return count;
  }
  template <class Other>
  std::size_t operator()(const Other&) const {
    return 0;
  }
};

}  // namespace

Result<void> Scope::charge(std::int64_t count) {
  constants += count;
  if (constants <= options.max_constants) return {};
  return base::fail(ErrorCode::kLimit,
                    fmt::format("the model's constants come to more than {} numbers", options.max_constants),
                    "use a smaller model");
}

Result<Value> Scope::find(const std::string& name) {
  if (const auto value = values.find(name); value != values.end()) return value->second;
  if (const auto tensor = initializers.find(name); tensor != initializers.end()) {
    OBSCURA_TRY(Constant constant, read_tensor(*tensor->second));
    OBSCURA_TRY(const std::int64_t count, count_elements(constant.dims));
    OBSCURA_TRY_VOID(charge(count));
    const Value value = std::make_shared<const Constant>(std::move(constant));
    values.emplace(name, value);
    return value;
  }
  if (extra_outputs.contains(name)) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("'{}' is not the first output of its node", name),
                      "only the first output of an operator can be used");
  }
  return base::fail(ErrorCode::kCorrupt, fmt::format("'{}' is used before anything defines it", name),
                    "the model's nodes are out of order, form a cycle or miss an input; export it again");
}

Node::Node(const onnx::NodeProto& proto, Scope& scope)
    : proto_(proto),
      scope_(scope),
      attributes_(proto),
      name_(!proto.name().empty()     ? proto.name()
            : proto.output_size() > 0 ? proto.output(0)
                                      : std::string()) {}

int Node::input_count() const {
  int count = proto_.input_size();
  while (count > 0 && proto_.input(count - 1).empty()) --count;
  return count;
}

bool Node::has_input(int index) const {
  return index < proto_.input_size() && !proto_.input(index).empty();
}

Result<Value> Node::input(int index) {
  if (!has_input(index)) return corrupt(fmt::format("input {} is missing", index + 1));
  auto value = scope_.find(proto_.input(index));
  if (!value) return tl::make_unexpected(named(std::move(value.error())));
  return value;
}

Result<graph::ValueId> Node::computed(int index) {
  OBSCURA_TRY(const Value value, input(index));
  if (const auto* id = std::get_if<graph::ValueId>(&value)) return *id;
  return unsupported(fmt::format("input {} is a constant", index + 1),
                     "fold constants when exporting the model (PyTorch: do_constant_folding=True)");
}

Result<ConstantPtr> Node::constant(int index, std::string_view what) {
  OBSCURA_TRY(const Value value, input(index));
  if (const auto* constant = std::get_if<ConstantPtr>(&value)) return *constant;
  return unsupported(fmt::format("{} must be constant, but the network computes it", what),
                     "export the model with its weights and shapes inside");
}

Result<ConstantPtr> Node::real_constant(int index, std::string_view what) {
  OBSCURA_TRY(ConstantPtr value, constant(index, what));
  if (value->is_real()) return value;
  return unsupported(fmt::format("{} must be floating-point numbers", what), "export the model in 32-bit floats");
}

Result<Dims> Node::integer_constant(int index, std::string_view what) {
  OBSCURA_TRY(const ConstantPtr value, constant(index, what));
  if (!value->is_real() && value->dims.size() <= 1) return value->integers();
  return corrupt(fmt::format("{} must be a list of integers", what));
}

Dims Node::full_dims(graph::ValueId id) const {
  Dims dims{kBatchSize};
  const graph::Shape& sample = shape(id);
  dims.insert(dims.end(), sample.dims.begin(), sample.dims.end());
  return dims;
}

Result<graph::ValueId> Node::emit(graph::Op op, std::vector<graph::ValueId> operands) {
  if (auto charged = scope_.charge(static_cast<std::int64_t>(std::visit(CountConstants{}, op))); !charged) {
    return tl::make_unexpected(named(std::move(charged.error())));
  }
  return graph::append(scope_.graph, std::move(op), std::move(operands), name_);
}

Result<Value> Node::hold(Constant constant) {
  auto count = count_elements(constant.dims);
  if (!count) return tl::make_unexpected(named(std::move(count.error())));
  if (auto charged = scope_.charge(*count); !charged) return tl::make_unexpected(named(std::move(charged.error())));
  return Value(std::make_shared<const Constant>(std::move(constant)));
}

tl::unexpected<base::Error> Node::unsupported(std::string_view why, std::string hint) const {
  return tl::make_unexpected(named({ErrorCode::kUnsupported, std::string(why), std::move(hint)}));
}

tl::unexpected<base::Error> Node::corrupt(std::string_view why) const {
  return tl::make_unexpected(named({ErrorCode::kCorrupt, std::string(why), "check how the model was exported"}));
}

tl::unexpected<base::Error> Node::mixes_samples() const {
  return unsupported("it mixes the samples of a batch",
                     "keep the first dimension as the batch (0, -1 or 1 in a Reshape)");
}

base::Error Node::named(base::Error error) const {
  error.message = fmt::format("node '{}' ({}): {}", name_, type(), error.message);
  return error;
}

}  // namespace obscura::compiler::onnx_import
