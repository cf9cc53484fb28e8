#include "compiler/graph/ops.hpp"

namespace obscura::compiler::graph {
namespace {

struct Name {
  std::string_view operator()(const Input&) const { return "input"; }
  std::string_view operator()(const Conv&) const { return "conv"; }
  std::string_view operator()(const Dense&) const { return "dense"; }
  std::string_view operator()(const AveragePool&) const { return "average_pool"; }
  std::string_view operator()(const Pad&) const { return "pad"; }
  std::string_view operator()(const Reshape&) const { return "reshape"; }
  std::string_view operator()(const Transpose&) const { return "transpose"; }
  std::string_view operator()(const Affine&) const { return "affine"; }
  std::string_view operator()(const Linear&) const { return "linear"; }
  std::string_view operator()(const Quadratic&) const { return "quadratic"; }
  std::string_view operator()(const Square&) const { return "square"; }
  std::string_view operator()(const Add&) const { return "add"; }
  std::string_view operator()(const Multiply&) const { return "multiply"; }
};

}  // namespace

std::string_view op_name(const Op& op) {
  return std::visit(Name{}, op);
}

bool is_linear(const Op& op) {
  return std::holds_alternative<Conv>(op) || std::holds_alternative<Dense>(op) ||
         std::holds_alternative<AveragePool>(op) || std::holds_alternative<Pad>(op) ||
         std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op) ||
         std::holds_alternative<Affine>(op) || std::holds_alternative<Linear>(op);
}

std::size_t operand_count(const Op& op) {
  if (std::holds_alternative<Input>(op)) return 0;
  return std::holds_alternative<Add>(op) || std::holds_alternative<Multiply>(op) ? 2 : 1;
}

double coefficient_at(const Coefficients& coefficients, const Shape& shape, std::size_t element) {
  if (coefficients.size() == 1) return coefficients[0];
  const auto elements = static_cast<std::size_t>(element_count(shape));
  return coefficients[element / (elements / coefficients.size())];
}

Coefficients expand(const Coefficients& coefficients, const Shape& shape) {
  Coefficients result(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = coefficient_at(coefficients, shape, i);
  return result;
}

bool fits(const Coefficients& coefficients, const Shape& shape) {
  const auto count = static_cast<std::int64_t>(coefficients.size());
  return count == 1 || count == channel_count(shape) || count == element_count(shape);
}

}  // namespace obscura::compiler::graph
