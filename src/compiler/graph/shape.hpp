#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::compiler::graph {

/// Most elements that one tensor of one sample may have; larger ones are refused with kLimit.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 26;

/// Most dimensions that one tensor may have.
inline constexpr std::size_t kMaxRank = 16;

/// Extents of the tensor of one sample, the batch dimension left out: {channels, height, width} for
/// images, {length} for vectors, {} for one number. Elements lie in row-major order.
struct Shape {
  std::vector<std::int64_t> dims;

  [[nodiscard]] std::size_t rank() const { return dims.size(); }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// Number of elements; 1 for rank 0. Only for shapes that passed check_shape().
[[nodiscard]] std::int64_t element_count(const Shape& shape);

/// Extent of the first dimension, 1 for rank 0.
[[nodiscard]] std::int64_t channel_count(const Shape& shape);

/// Refuses dimensions below 1 (kCorrupt), and more than kMaxRank dimensions or kMaxElements elements
/// (kLimit).
[[nodiscard]] base::Result<void> check_shape(const Shape& shape);

/// "[5, 13, 13]".
[[nodiscard]] std::string to_string(const Shape& shape);

/// A constant: values in row-major order, as many as the shape has elements.
struct Tensor {
  Shape shape;
  std::vector<double> values;
};

}  // namespace obscura::compiler::graph
