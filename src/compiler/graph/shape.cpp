#include "compiler/graph/shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace obscura::compiler::graph {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dim : shape.dims) count *= dim;
  return count;
}

std::int64_t channel_count(const Shape& shape) {
  return shape.dims.empty() ? 1 : shape.dims.front();
}

base::Result<void> check_shape(const Shape& shape) {
  if (shape.rank() > kMaxRank) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("a tensor has {} dimensions, more than {}", shape.rank(), kMaxRank),
                      "use tensors of fewer dimensions");
  }
  std::int64_t count = 1;
  for (const std::int64_t dim : shape.dims) {
    if (dim < 1) {
      return base::fail(base::ErrorCode::kCorrupt, fmt::format("shape {} has a dimension below 1", to_string(shape)),
                        "every dimension of a sample must be a positive number");
    }
    if (dim > kMaxElements / count) {
      return base::fail(base::ErrorCode::kLimit,
                        fmt::format("shape {} has more than {} elements", to_string(shape), kMaxElements),
                        "use a smaller input or a smaller layer");
    }
    count *= dim;
  }
  return {};
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.dims, ", "));
}

}  // namespace obscura::compiler::graph
