#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/select.hpp"

// The operators that take parts: Slice, Split and Gather, of values and of constants.

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// The parts of a constant at these positions along one axis.
template <class Number>
std::vector<Number> take(const std::vector<Number>& values, const Dims& dims, std::size_t axis, const Dims& positions) {
  std::int64_t inner = 1;
  for (std::size_t d = axis + 1; d < dims.size(); ++d) inner *= dims[d];
  std::vector<Number> result;
  const auto block = static_cast<std::size_t>(inner * dims[axis]);
  for (std::size_t outer = 0; outer < values.size(); outer += block) {
    for (const std::int64_t position : positions) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(outer) + position * inner;
      result.insert(result.end(), from, from + inner);
    }
  }
  return result;
}

struct SliceBounds {
  Dims starts;
  Dims ends;
  Dims axes;
  Dims steps;
};

// Operator set 1 keeps the bounds in attributes, 10 and later in inputs.
Result<SliceBounds> read_bounds(Node& node) {
  SliceBounds bounds;
  if (node.opset() < 10) {
    bounds.starts = node.attributes().integers("starts", {});
    bounds.ends = node.attributes().integers("ends", {});
    bounds.axes = node.attributes().integers("axes", {});
  } else {
    OBSCURA_TRY(bounds.starts, node.integer_constant(1, "the start"));
    OBSCURA_TRY(bounds.ends, node.integer_constant(2, "the end"));
    if (node.has_input(3)) {
      OBSCURA_TRY(bounds.axes, node.integer_constant(3, "the axes"));
    }
    if (node.has_input(4)) {
      OBSCURA_TRY(bounds.steps, node.integer_constant(4, "the steps"));
    }
  }
  const std::size_t count = bounds.starts.size();
  if (bounds.axes.empty()) bounds.axes = ascending(static_cast<std::int64_t>(count));
  if (bounds.steps.empty()) bounds.steps.assign(count, 1);
  if (bounds.ends.size() != count || bounds.axes.size() != count || bounds.steps.size() != count) {
    return node.corrupt("its bounds differ in number");
  }
  if (std::find(bounds.steps.begin(), bounds.steps.end(), 0) != bounds.steps.end()) return node.corrupt("a step is 0");
  return bounds;
}

// The positions that a slice of `size` elements takes, in order.
Dims sliced(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  if (start < 0) start = start < -size ? -1 : start + size;
  if (end < 0) end = end < -size ? -1 : end + size;
  step = std::clamp(step, -size - 1, size + 1);
  Dims positions;
  if (step > 0) {
    for (std::int64_t i = std::max<std::int64_t>(start, 0); i < std::min(end, size); i += step) positions.push_back(i);
  } else {
    for (std::int64_t i = std::min(start, size - 1); i > end; i += step) positions.push_back(i);
  }
  return positions;
}

// Whether a slice along the batch takes all samples, however many there are.
bool takes_all(std::int64_t start, std::int64_t end, std::int64_t step) {
  return start == 0 && step == 1 && (end == kBatchSize || end >= std::numeric_limits<std::int32_t>::max());
}

Result<Value> slice_constant(Node& node, const Constant& constant, const SliceBounds& bounds) {
  Constant result = constant;
  for (std::size_t i = 0; i < bounds.starts.size(); ++i) {
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, bounds.axes[i], result.dims.size()));
    const Dims positions = sliced(bounds.starts[i], bounds.ends[i], bounds.steps[i], result.dims[axis]);
    if (positions.empty()) return node.corrupt("nothing is left of the constant");
    std::visit([&](auto& values) { values = take(values, result.dims, axis, positions); }, result.data);
    result.dims[axis] = static_cast<std::int64_t>(positions.size());
  }
  return node.hold(std::move(result));
}

// The sizes of the parts of a Split of `extent` elements: given, or as equal as can be.
Result<Dims> part_sizes(Node& node, std::int64_t extent) {
  Attributes& attributes = node.attributes();
  Dims sizes;
  if (node.opset() < 13) {
    sizes = attributes.integers("split", {});
  } else if (node.has_input(1)) {
    OBSCURA_TRY(sizes, node.integer_constant(1, "the sizes of the parts"));
  }
  const auto count = static_cast<std::int64_t>(node.output_count());
  if (count == 0) return node.corrupt("it has no outputs");
  if (attributes.integer("num_outputs", count) != count)
    return node.corrupt("num_outputs is not its number of outputs");
  if (!sizes.empty()) return sizes;
  const std::int64_t part = (extent + count - 1) / count;
  sizes.assign(static_cast<std::size_t>(count), part);
  sizes.back() = extent - part * (count - 1);
  return sizes;
}

}  // namespace

// Slice (operator sets 1, 10, 11, 13).
Result<Value> read_slice(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  OBSCURA_TRY(const SliceBounds bounds, read_bounds(node));
  if (const auto* constant = std::get_if<ConstantPtr>(&value)) return slice_constant(node, **constant, bounds);
  const auto x = std::get<graph::ValueId>(value);
  const graph::Shape shape = node.shape(x);
  std::vector<Dims> positions = all_positions(shape);
  for (std::size_t i = 0; i < bounds.starts.size(); ++i) {
    const std::int64_t start = bounds.starts[i];
    const std::int64_t end = bounds.ends[i];
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, bounds.axes[i], shape.rank() + 1));
    if (axis == 0) {
      if (!takes_all(start, end, bounds.steps[i])) return node.mixes_samples();
      continue;
    }
    if (start == kBatchSize || end == kBatchSize) {
      return node.unsupported("its bounds depend on the number of samples", "export the model with the batch size 1");
    }
    positions[axis - 1] = sliced(start, end, bounds.steps[i], shape.dims[axis - 1]);
  }
  return take_positions(node, x, positions);
}

// Split (operator sets 2, 11, 13, 18).
Result<Value> read_split(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const graph::Shape shape = node.shape(x);
  OBSCURA_TRY(const std::size_t axis, wrap_axis(node, node.attributes().integer("axis", 0), shape.rank() + 1));
  if (axis == 0) return node.mixes_samples();
  const std::int64_t extent = shape.dims[axis - 1];
  OBSCURA_TRY(const Dims sizes, part_sizes(node, extent));
  if (static_cast<int>(sizes.size()) != node.output_count())
    return node.corrupt("its parts and outputs differ in number");
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    if (size < 1 || size > extent - start) return node.corrupt(fmt::format("it cannot split {} elements so", extent));
    std::vector<Dims> positions = all_positions(shape);
    for (std::int64_t& at : positions[axis - 1] = ascending(size)) at += start;
    OBSCURA_TRY(const graph::ValueId part, take_positions(node, x, positions));
    parts.emplace_back(part);
    start += size;
  }
  if (start != extent) return node.corrupt(fmt::format("its parts have {} elements of {}", start, extent));
  node.also({parts.begin() + 1, parts.end()});
  return parts.front();
}

// Gather (operator sets 1, 11, 13) at constant indices.
Result<Value> read_gather(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  OBSCURA_TRY(const ConstantPtr indices, node.constant(1, "the indices"));
  if (indices->is_real()) return node.corrupt("the indices are not integers");
  const auto* x = std::get_if<graph::ValueId>(&value);
  const Dims dims = x != nullptr ? node.full_dims(*x) : std::get<ConstantPtr>(value)->dims;
  OBSCURA_TRY(const std::size_t axis, wrap_axis(node, node.attributes().integer("axis", 0), dims.size()));
  if (dims[axis] == kBatchSize) return node.mixes_samples();
  Dims positions;
  for (const std::int64_t index : indices->integers()) {
    OBSCURA_TRY(const std::size_t at, wrap_axis(node, index, static_cast<std::size_t>(dims[axis])));
    positions.push_back(static_cast<std::int64_t>(at));
  }
  Dims result(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis));
  result.insert(result.end(), indices->dims.begin(), indices->dims.end());
  result.insert(result.end(), dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, dims.end());
  if (x != nullptr) {
    std::vector<Dims> all = all_positions(node.shape(*x));
    all[axis - 1] = std::move(positions);
    OBSCURA_TRY(const graph::ValueId taken, take_positions(node, *x, all));
    return node.emit(graph::Reshape{{{result.begin() + 1, result.end()}}}, {taken});
  }
  if (auto count = count_elements(result); !count) return tl::make_unexpected(node.named(std::move(count.error())));
  Constant taken{std::move(result), {}};
  std::visit([&](const auto& values) { taken.data = take(values, dims, axis, positions); },
             std::get<ConstantPtr>(value)->data);
  return node.hold(std::move(taken));
}

}  // namespace obscura::compiler::onnx_import
