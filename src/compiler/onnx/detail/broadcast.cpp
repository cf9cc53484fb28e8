#include "compiler/onnx/detail/broadcast.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/onnx/detail/fold_binary.hpp"
#include "compiler/onnx/detail/select.hpp"

namespace obscura::compiler::onnx_import {

using base::Result;

Result<graph::Coefficients> as_coefficients(Node& node, const Constant& constant, const graph::Shape& shape) {
  if (!constant.is_real()) return node.corrupt("it joins integers with floating-point numbers");
  Dims dims = constant.dims;
  if (dims.size() == shape.rank() + 1) {
    if (dims[0] != 1) return node.unsupported("its constant differs from sample to sample", "use one for all samples");
    dims.erase(dims.begin());
  }
  if (dims.size() > shape.rank())
    return node.unsupported("its constant has more dimensions than the value",
                            "give the constant the shape of the value or of its channels");
  dims.insert(dims.begin(), shape.rank() - dims.size(), 1);
  bool one = true;
  bool per_channel = true;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 1) continue;
    if (dims[d] != shape.dims[d]) {
      return node.unsupported(fmt::format("its constant does not fit a value of shape {}", graph::to_string(shape)),
                              "give the constant the shape of the value or of its channels");
    }
    one = false;
    per_channel = per_channel && d == 0;
  }
  if (one || per_channel) return constant.reals();
  Constant ones{shape.dims, std::vector<double>(static_cast<std::size_t>(graph::element_count(shape)), 1.0)};
  OBSCURA_TRY(Constant expanded, fold_binary(node, Arithmetic::kMul, ones, {dims, constant.reals()}));
  return expanded.reals();
}

Result<graph::ValueId> broadcast_onto(Node& node, graph::ValueId x, const Dims& operand) {
  const graph::Shape shape = node.shape(x);
  const bool has_batch = operand.size() == shape.rank() + 1;
  const bool is_computed = !operand.empty() && operand[0] == kBatchSize;
  if (operand.size() > shape.rank() + 1 || (is_computed && !has_batch)) {
    return node.unsupported(fmt::format("an operand of {} dimensions does not fit a value of {}, the batch included",
                                        operand.size(), shape.rank() + 1),
                            "give both the same number of dimensions");
  }
  graph::Shape result = shape;
  for (std::size_t d = has_batch ? 1 : 0; d < operand.size(); ++d) {
    const std::size_t axis = shape.rank() - operand.size() + d;
    if (operand[d] == shape.dims[axis] || operand[d] == 1) continue;
    if (shape.dims[axis] == 1 && operand[d] > 0) {
      result.dims[axis] = operand[d];
      continue;
    }
    if (is_computed && shape.dims[axis] != 1) {
      return node.unsupported(fmt::format("its inputs have the shapes {} and [{}]", graph::to_string(shape),
                                          fmt::join(operand.begin() + 1, operand.end(), ", ")),
                              "only values of shapes that fit each other can be joined");
    }
  }
  OBSCURA_TRY_VOID(check_size(node, result));
  std::vector<Dims> positions = all_positions(shape);
  for (std::size_t d = 0; d < positions.size(); ++d) positions[d].resize(static_cast<std::size_t>(result.dims[d]), 0);
  return take_positions(node, x, positions);
}

}  // namespace obscura::compiler::onnx_import
