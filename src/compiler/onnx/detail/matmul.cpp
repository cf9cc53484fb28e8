#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/element_order.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::ValueId;

// A vector per sample times a matrix [in][out].
Result<Value> read_dense(Node& node, ValueId x, const Constant& matrix) {
  const std::int64_t inputs = matrix.dims[0];
  const std::int64_t outputs = matrix.dims[1];
  graph::Dense dense;
  dense.weights = {graph::Shape{{outputs, inputs}}, std::vector<double>(matrix.reals().size())};
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t i = 0; i < inputs; ++i) dense.weights.values[o * inputs + i] = matrix.reals()[i * outputs + o];
  }
  dense.bias.assign(static_cast<std::size_t>(outputs), 0.0);
  return node.emit(std::move(dense), {x});
}

// The matrices of one sample, [outer...][rows][cols], and those of the constant.
struct Product {
  graph::Shape value;
  Dims constant;  ///< without the batch and with as many dimensions as the value
  graph::Shape result;
  std::int64_t inner;  ///< extent that is summed over
  bool constant_first;
};

// Lays the dimensions side by side. The constant may lack leading ones, or have 1 there.
Result<Product> align(Node& node, const graph::Shape& value, Dims constant, bool constant_first) {
  const auto misfit = [&] {
    return node.unsupported(
        fmt::format("a constant of {} dimensions does not fit a value {}", constant.size(), graph::to_string(value)),
        "multiply by one matrix for all samples, whose size fits the value");
  };
  const std::size_t rank = value.rank();
  if (rank < 2 || constant.size() < 2 || constant.size() > rank + 1) return misfit();
  if (constant.size() == rank + 1) {
    if (constant[0] != 1) return misfit();
    constant.erase(constant.begin());
  }
  constant.insert(constant.begin(), rank - constant.size(), 1);
  Product product{value, constant, value, 0, constant_first};
  for (std::size_t d = 0; d + 2 < rank; ++d) {
    if (constant[d] != 1 && value.dims[d] != 1 && constant[d] != value.dims[d]) return misfit();
    product.result.dims[d] = std::max(constant[d], value.dims[d]);
  }
  const std::size_t left = rank - 2;
  product.inner = value.dims[constant_first ? left : left + 1];
  if (constant[constant_first ? left + 1 : left] != product.inner) return misfit();
  if (constant_first) product.result.dims[left] = constant[left];
  if (!constant_first) product.result.dims[left + 1] = constant[left + 1];
  return product;
}

// Position in a tensor of these dimensions of coordinates that wrap round where it has extent 1.
std::int64_t wrapped(const Dims& dims, const std::vector<std::int64_t>& at) {
  std::int64_t result = 0;
  for (std::size_t d = 0; d < dims.size(); ++d) result = result * dims[d] + (dims[d] == 1 ? 0 : at[d]);
  return result;
}

graph::SparseMatrix as_matrix(const Product& product, const std::vector<double>& weights) {
  graph::SparseMatrix matrix;
  matrix.rows = static_cast<std::size_t>(graph::element_count(product.result));
  matrix.cols = static_cast<std::size_t>(graph::element_count(product.value));
  matrix.bias.assign(matrix.rows, 0.0);
  matrix.row_ptr.push_back(0);
  const std::size_t summed_in_value = product.value.rank() - (product.constant_first ? 2 : 1);
  const std::size_t summed_in_constant = product.value.rank() - (product.constant_first ? 1 : 2);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    auto in_value = graph::coordinates(product.result, static_cast<std::int64_t>(row));
    auto in_constant = in_value;
    for (std::int64_t k = 0; k < product.inner; ++k) {
      in_value[summed_in_value] = k;
      in_constant[summed_in_constant] = k;
      matrix.col.push_back(static_cast<std::uint32_t>(wrapped(product.value.dims, in_value)));
      matrix.value.push_back(weights[static_cast<std::size_t>(wrapped(product.constant, in_constant))]);
    }
    matrix.row_ptr.push_back(matrix.entries());
  }
  return matrix;
}

}  // namespace

// MatMul (operator sets 1, 9, 13) of a value and a constant, in either order.
Result<Value> read_matmul(Node& node) {
  OBSCURA_TRY(const Value first, node.input(0));
  OBSCURA_TRY(const Value second, node.input(1));
  const bool constant_first = std::holds_alternative<ConstantPtr>(first);
  if (constant_first == std::holds_alternative<ConstantPtr>(second)) {
    return node.unsupported(constant_first ? "both its inputs are constants" : "the network computes both its inputs",
                            "multiply values by constant matrices, and fold constants when exporting the model");
  }
  OBSCURA_TRY(const ConstantPtr constant, node.real_constant(constant_first ? 0 : 1, "the weights"));
  const auto x = std::get<ValueId>(constant_first ? second : first);
  const graph::Shape shape = node.shape(x);
  if (shape.rank() == 1 && !constant_first && constant->dims.size() == 2) return read_dense(node, x, *constant);
  OBSCURA_TRY(const Product product, align(node, shape, constant->dims, constant_first));
  if (auto checked = graph::check_shape(product.result); !checked)
    return tl::make_unexpected(node.named(checked.error()));
  if (graph::element_count(product.result) > static_cast<std::int64_t>(graph::kMaxEntries) / product.inner) {
    return tl::make_unexpected(node.named(
        {base::ErrorCode::kLimit, "it has too many weights when written as a matrix", "make the layer smaller"}));
  }
  return node.emit(graph::Linear{as_matrix(product, constant->reals()), product.result}, {x});
}

}  // namespace obscura::compiler::onnx_import
