#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/select.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::ValueId;

// What lies one after the other along `axis`, which counts the batch as 0.
struct Parts {
  std::vector<Value> values;
  std::vector<Dims> dims;  ///< with the batch
  Dims joined;             ///< dimensions of the result
  std::size_t axis = 0;
};

Result<Parts> read_parts(Node& node) {
  Parts parts;
  for (int i = 0; i < node.input_count(); ++i) {
    OBSCURA_TRY(const Value value, node.input(i));
    const auto* x = std::get_if<ValueId>(&value);
    parts.dims.push_back(x != nullptr ? node.full_dims(*x) : std::get<ConstantPtr>(value)->dims);
    parts.values.push_back(value);
  }
  parts.joined = parts.dims.front();
  OBSCURA_TRY(parts.axis, wrap_axis(node, node.attributes().integer("axis", 0), parts.joined.size()));
  parts.joined[parts.axis] = 0;
  for (std::size_t i = 0; i < parts.dims.size(); ++i) {
    Dims dims = parts.dims[i];
    if (dims.size() != parts.joined.size()) return node.corrupt("its inputs differ in their number of dimensions");
    if (dims[parts.axis] == kBatchSize) return node.mixes_samples();
    parts.joined[parts.axis] += dims[parts.axis];
    for (std::size_t d = 0; d < dims.size(); ++d) {
      const bool one_for_all = d == 0 && (dims[d] == kBatchSize || parts.joined[d] == kBatchSize);
      if (d == parts.axis || one_for_all || dims[d] == parts.joined[d]) continue;
      return node.corrupt("the shapes of its inputs do not fit each other");
    }
  }
  return parts;
}

// Writes a part into the joined numbers, where it begins at `offset` along the axis.
template <class Number>
void place(const std::vector<Number>& part, const Parts& parts, const Dims& dims, std::int64_t offset,
           std::vector<Number>& joined) {
  std::int64_t inner = 1;
  for (std::size_t d = parts.axis + 1; d < dims.size(); ++d) inner *= dims[d];
  const std::int64_t run = dims[parts.axis] * inner;
  const std::int64_t stride = parts.joined[parts.axis] * inner;
  for (std::int64_t done = 0, to = offset * inner; done < static_cast<std::int64_t>(part.size());
       done += run, to += stride) {
    std::copy_n(part.begin() + done, run, joined.begin() + to);
  }
}

template <class Number>
Result<Value> join_constants(Node& node, const Parts& parts) {
  auto count = count_elements(parts.joined);
  if (!count) return tl::make_unexpected(node.named(std::move(count.error())));
  std::vector<Number> joined(static_cast<std::size_t>(*count));
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < parts.values.size(); ++i) {
    const auto* numbers = std::get_if<std::vector<Number>>(&std::get<ConstantPtr>(parts.values[i])->data);
    if (numbers == nullptr) return node.corrupt("it joins integers with floating-point numbers");
    place(*numbers, parts, parts.dims[i], offset, joined);
    offset += parts.dims[i][parts.axis];
  }
  return node.hold({parts.joined, std::move(joined)});
}

// Values among constants: the values joined, pulled apart to leave room for the constants, which are added.
Result<Value> join_mixed(Node& node, const Parts& parts) {
  const std::size_t axis = parts.axis - 1;
  std::vector<ValueId> computed;
  const graph::Shape shape{{parts.joined.begin() + 1, parts.joined.end()}};
  OBSCURA_TRY_VOID(check_size(node, shape));
  graph::Affine affine{{1.0}, graph::Coefficients(static_cast<std::size_t>(graph::element_count(shape)), 0.0)};
  Dims positions;
  std::int64_t next = 0;
  for (std::size_t i = 0; i < parts.values.size(); ++i) {
    const std::int64_t length = parts.dims[i][parts.axis];
    const bool is_computed = std::holds_alternative<ValueId>(parts.values[i]);
    if (is_computed) {
      computed.push_back(std::get<ValueId>(parts.values[i]));
    } else {
      const Constant& constant = *std::get<ConstantPtr>(parts.values[i]);
      if (!constant.is_real()) return node.corrupt("it joins integers with floating-point numbers");
      if (constant.dims[0] != 1)
        return node.unsupported("a constant differs from sample to sample", "use one for all samples");
      place(constant.reals(), parts, constant.dims, static_cast<std::int64_t>(positions.size()), affine.shift);
    }
    for (std::int64_t at = 0; at < length; ++at) positions.push_back(is_computed ? next++ : graph::Select::kNone);
  }
  ValueId joined = computed.front();
  if (computed.size() > 1) {
    OBSCURA_TRY(joined, node.emit(graph::Concat{axis}, computed));
  }
  if (computed.size() == parts.values.size()) return joined;
  std::vector<Dims> all = all_positions(node.shape(joined));
  all[axis] = std::move(positions);
  OBSCURA_TRY(const ValueId spread, take_positions(node, joined, all));
  return node.emit(std::move(affine), {spread});
}

}  // namespace

// Concat (operator sets 4, 11, 13).
Result<Value> read_concat(Node& node) {
  OBSCURA_TRY(const Parts parts, read_parts(node));
  const auto is_constant = [](const Value& value) { return std::holds_alternative<ConstantPtr>(value); };
  if (!std::all_of(parts.values.begin(), parts.values.end(), is_constant)) {
    if (parts.axis == 0) return node.mixes_samples();
    return join_mixed(node, parts);
  }
  if (std::get<ConstantPtr>(parts.values.front())->is_real()) return join_constants<double>(node, parts);
  return join_constants<std::int64_t>(node, parts);
}

}  // namespace obscura::compiler::onnx_import
