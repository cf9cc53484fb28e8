#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/graph/shape.hpp"

namespace obscura::compiler::graph {

/// Distance, in row-major order, of two neighbours along each dimension: [rank].
[[nodiscard]] std::vector<std::int64_t> row_major_strides(const Shape& shape);

/// Coordinates of the row-major position `element`: [rank].
[[nodiscard]] std::vector<std::int64_t> coordinates(const Shape& shape, std::int64_t element);

/// Row-major position of coordinates, -1 for those outside the shape.
[[nodiscard]] std::int64_t position(const Shape& shape, const std::vector<std::int64_t>& at);

/// A dimension between those before and after it: row-major position = (outer * length + at) * inner + rest.
struct AxisRun {
  std::int64_t outer;   ///< elements of all dimensions before it
  std::int64_t length;  ///< its extent
  std::int64_t inner;   ///< elements of all dimensions after it
};
[[nodiscard]] AxisRun axis_run(const Shape& shape, std::size_t axis);

}  // namespace obscura::compiler::graph
