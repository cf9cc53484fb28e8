#include <fmt/format.h>

#include "compiler/onnx/detail/broadcast.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// The matrix as [out][in], times a factor; `transposed` says that it is stored that way already.
Result<graph::Tensor> weights_of(Node& node, const Constant& matrix, bool transposed, double factor) {
  if (matrix.dims.size() != 2) {
    return node.unsupported(fmt::format("its weights have {} dimensions", matrix.dims.size()),
                            "dense layers need a matrix; flatten the tensor before them");
  }
  const std::int64_t inputs = matrix.dims[transposed ? 1 : 0];
  const std::int64_t outputs = matrix.dims[transposed ? 0 : 1];
  graph::Tensor result{graph::Shape{{outputs, inputs}}, std::vector<double>(matrix.reals().size())};
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t i = 0; i < inputs; ++i) {
      const std::int64_t from = transposed ? o * inputs + i : i * outputs + o;
      result.values[o * inputs + i] = factor * matrix.reals()[from];
    }
  }
  return result;
}

// A vector of samples, one per row of the batch.
Result<graph::ValueId> vector_input(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  if (node.shape(x).rank() == 1) return x;
  return node.unsupported(fmt::format("its input {} is not a vector per sample", graph::to_string(node.shape(x))),
                          "put a Flatten before the dense layer");
}

// The summand of Gemm, the same for every sample, as one number per output.
Result<std::vector<double>> bias_of(Node& node, std::int64_t outputs, double factor) {
  OBSCURA_TRY(const ConstantPtr bias, node.real_constant(2, "the bias"));
  const Dims& dims = bias->dims;
  const auto count = static_cast<std::int64_t>(bias->reals().size());
  const bool one_row = dims.size() < 2 || (dims.size() == 2 && dims[0] == 1);
  if (!one_row || (count != 1 && count != outputs)) {
    return node.unsupported("its bias is not one number per output", "use a bias vector");
  }
  std::vector<double> result(static_cast<std::size_t>(outputs));
  for (std::size_t o = 0; o < result.size(); ++o) result[o] = factor * bias->reals()[count == 1 ? 0 : o];
  return result;
}

}  // namespace

// Gemm (operator sets 7, 9, 11, 13): alpha A B + beta C, with C constant or computed.
Result<Value> read_gemm(Node& node) {
  Attributes& attributes = node.attributes();
  const double alpha = attributes.real("alpha", 1.0);
  const double beta = attributes.real("beta", 1.0);
  const bool transposed = attributes.integer("transB", 0) != 0;
  if (attributes.integer("transA", 0) != 0) {
    return node.unsupported("attribute 'transA' mixes the samples of a batch", "use a dense layer without it");
  }
  OBSCURA_TRY(const graph::ValueId x, vector_input(node));
  OBSCURA_TRY(const ConstantPtr matrix, node.real_constant(1, "the weights"));
  graph::Dense dense;
  OBSCURA_TRY(dense.weights, weights_of(node, *matrix, transposed, alpha));
  const std::int64_t outputs = dense.weights.shape.dims[0];
  dense.bias.assign(static_cast<std::size_t>(outputs), 0.0);
  if (!node.has_input(2)) return node.emit(std::move(dense), {x});
  OBSCURA_TRY(const Value summand, node.input(2));
  const auto* computed = std::get_if<graph::ValueId>(&summand);
  if (computed == nullptr) {
    OBSCURA_TRY(dense.bias, bias_of(node, outputs, beta));
    return node.emit(std::move(dense), {x});
  }
  OBSCURA_TRY(const graph::ValueId product, node.emit(std::move(dense), {x}));
  OBSCURA_TRY(const graph::ValueId fitting, broadcast_onto(node, *computed, node.full_dims(product)));
  OBSCURA_TRY(const graph::ValueId scaled, node.emit(graph::Affine{{beta}, {0.0}}, {fitting}));
  return node.emit(graph::Add{}, {product, scaled});
}

}  // namespace obscura::compiler::onnx_import
