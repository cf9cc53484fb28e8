#include "compiler/onnx/detail/select.hpp"

#include <numeric>

#include "compiler/graph/element_order.hpp"

namespace obscura::compiler::onnx_import {

using base::Result;
using graph::Select;

Dims ascending(std::int64_t count) {
  Dims result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

std::vector<Dims> all_positions(const graph::Shape& shape) {
  std::vector<Dims> result;
  for (const std::int64_t dim : shape.dims) result.push_back(ascending(dim));
  return result;
}

Result<void> check_size(Node& node, const graph::Shape& shape) {
  if (auto checked = graph::check_shape(shape); !checked) return tl::make_unexpected(node.named(checked.error()));
  return {};
}

Result<graph::ValueId> take_positions(Node& node, graph::ValueId x, const std::vector<Dims>& positions) {
  const graph::Shape in = node.shape(x);
  if (positions == all_positions(in)) return x;
  Select select;
  for (const Dims& along : positions) {
    if (along.empty()) return node.unsupported("nothing is left of the value", "keep at least one element");
    select.shape.dims.push_back(static_cast<std::int64_t>(along.size()));
  }
  OBSCURA_TRY_VOID(check_size(node, select.shape));
  const auto strides = graph::row_major_strides(in);
  select.source.assign(1, 0);
  for (std::size_t d = 0; d < positions.size(); ++d) {
    std::vector<std::int64_t> longer;
    longer.reserve(select.source.size() * positions[d].size());
    for (const std::int64_t base : select.source) {
      for (const std::int64_t at : positions[d]) {
        longer.push_back(base == Select::kNone || at == Select::kNone ? Select::kNone : base + at * strides[d]);
      }
    }
    select.source = std::move(longer);
  }
  return node.emit(std::move(select), {x});
}

}  // namespace obscura::compiler::onnx_import
