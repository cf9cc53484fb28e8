#include "compiler/graph/coefficients.hpp"

namespace obscura::compiler::graph {

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
