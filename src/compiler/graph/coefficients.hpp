#pragma once

#include <cstddef>
#include <vector>

#include "compiler/graph/shape.hpp"

namespace obscura::compiler::graph {

/// Factors of an elementwise operator on a shape: one for all elements, one per channel (first
/// dimension), or one per element. The number of values says which.
using Coefficients = std::vector<double>;

/// The coefficient of element `element` of a tensor of that shape.
[[nodiscard]] double coefficient_at(const Coefficients& coefficients, const Shape& shape, std::size_t element);

/// The same coefficients for every element of the shape: [element_count].
[[nodiscard]] Coefficients expand(const Coefficients& coefficients, const Shape& shape);

/// Whether there are 1, channel_count or element_count coefficients.
[[nodiscard]] bool fits(const Coefficients& coefficients, const Shape& shape);

}  // namespace obscura::compiler::graph
