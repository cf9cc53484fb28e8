#include "compiler/graph/ops.hpp"

namespace obscura::compiler::graph {
namespace {

struct Name {
  std::string_view operator()(const Input&) const { return "input"; }
  std::string_view operator()(const Conv&) const { return "conv"; }
  std::string_view operator()(const ConvTranspose&) const { return "conv_transpose"; }
  std::string_view operator()(const Dense&) const { return "dense"; }
  std::string_view operator()(const AveragePool&) const { return "average_pool"; }
  std::string_view operator()(const Pad&) const { return "pad"; }
  std::string_view operator()(const Reshape&) const { return "reshape"; }
  std::string_view operator()(const Transpose&) const { return "transpose"; }
  std::string_view operator()(const Concat&) const { return "concat"; }
  std::string_view operator()(const Select&) const { return "select"; }
  std::string_view operator()(const Reduce& op) const { return op.mean ? "reduce_mean" : "reduce_sum"; }
  std::string_view operator()(const Affine&) const { return "affine"; }
  std::string_view operator()(const Linear&) const { return "linear"; }
  std::string_view operator()(const Quadratic&) const { return "quadratic"; }
  std::string_view operator()(const Polynomial&) const { return "polynomial"; }
  std::string_view operator()(const Square&) const { return "square"; }
  std::string_view operator()(const Bootstrap&) const { return "bootstrap"; }
  std::string_view operator()(const Activation& op) const { return activation_name(op.kind); }
  std::string_view operator()(const Add&) const { return "add"; }
  std::string_view operator()(const Multiply&) const { return "multiply"; }
  std::string_view operator()(const MaxPool&) const { return "max_pool"; }
  std::string_view operator()(const Softmax& op) const { return op.log ? "log_softmax" : "softmax"; }
  std::string_view operator()(const ArgMax&) const { return "arg_max"; }
};

template <class... Ops>
bool is_one_of(const Op& op) {
  return (std::holds_alternative<Ops>(op) || ...);
}

}  // namespace

std::string_view op_name(const Op& op) {
  return std::visit(Name{}, op);
}

bool is_linear(const Op& op) {
  return is_one_of<Conv, ConvTranspose, Dense, AveragePool, Pad, Reshape, Transpose, Select, Reduce, Affine, Linear>(
      op);
}

bool only_shifts(const Affine& affine) {
  return affine.scale.size() == 1 && affine.scale[0] == 1.0;
}

bool is_join(const Op& op) {
  return is_one_of<Add, Concat>(op);
}

std::size_t operand_count(const Op& op) {
  if (is_one_of<Input>(op)) return 0;
  if (is_one_of<Concat>(op)) return kAnyNumber;
  return is_one_of<Add, Multiply>(op) ? 2 : 1;
}

}  // namespace obscura::compiler::graph
