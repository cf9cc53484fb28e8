#include <fmt/format.h>

#include <cmath>

#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {

using base::Result;

// BatchNormalization (operator sets 7, 9, 14, 15) in inference: X, scale, B, mean, variance.
Result<Value> read_batch_normalization(Node& node) {
  Attributes& attributes = node.attributes();
  attributes.ignore("momentum");
  const double epsilon = attributes.real("epsilon", 1e-5);
  if (attributes.integer("training_mode", 0) != 0) {
    return node.unsupported("attribute 'training_mode' is 1", "export the model in inference mode (model.eval())");
  }
  if (attributes.integer("spatial", 1) != 1) {
    return node.unsupported("attribute 'spatial' is 0", "normalise per channel");
  }
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const auto channels = static_cast<std::size_t>(graph::channel_count(node.shape(x)));
  std::array<ConstantPtr, 4> parameters;
  for (int i = 0; i < 4; ++i) {
    OBSCURA_TRY(parameters[i], node.real_constant(i + 1, "every parameter"));
    if (parameters[i]->reals().size() != channels) {
      return node.corrupt(fmt::format("input {} does not have one number per channel", i + 2));
    }
  }
  graph::Affine affine{graph::Coefficients(channels), graph::Coefficients(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double variance = parameters[3]->reals()[c] + epsilon;
    if (!(variance > 0.0)) return node.corrupt("a variance is not positive");
    affine.scale[c] = parameters[0]->reals()[c] / std::sqrt(variance);
    affine.shift[c] = parameters[1]->reals()[c] - affine.scale[c] * parameters[2]->reals()[c];
    if (!std::isfinite(affine.scale[c]) || !std::isfinite(affine.shift[c])) return node.corrupt("it overflows");
  }
  return node.emit(std::move(affine), {x});
}

}  // namespace obscura::compiler::onnx_import
