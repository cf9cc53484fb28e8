#include "compiler/graph/element_order.hpp"

namespace obscura::compiler::graph {

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.rank(), 1);
  for (std::size_t d = shape.rank(); d-- > 1;) strides[d - 1] = strides[d] * shape.dims[d];
  return strides;
}

std::vector<std::int64_t> coordinates(const Shape& shape, std::int64_t element) {
  std::vector<std::int64_t> result(shape.rank());
  for (std::size_t d = shape.rank(); d-- > 0;) {
    result[d] = element % shape.dims[d];
    element /= shape.dims[d];
  }
  return result;
}

std::int64_t position(const Shape& shape, const std::vector<std::int64_t>& at) {
  std::int64_t result = 0;
  for (std::size_t d = 0; d < shape.rank(); ++d) {
    if (at[d] < 0 || at[d] >= shape.dims[d]) return -1;
    result = result * shape.dims[d] + at[d];
  }
  return result;
}

AxisRun axis_run(const Shape& shape, std::size_t axis) {
  AxisRun run{1, shape.dims[axis], 1};
  for (std::size_t d = 0; d < axis; ++d) run.outer *= shape.dims[d];
  for (std::size_t d = axis + 1; d < shape.rank(); ++d) run.inner *= shape.dims[d];
  return run;
}

}  // namespace obscura::compiler::graph
