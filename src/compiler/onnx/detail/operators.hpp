#pragma once

#include <span>
#include <string_view>

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// How one ONNX operator is read: the value of its first output. Each of these functions refuses
/// what its operator cannot do here with kUnsupported, and what makes no sense with kCorrupt.
struct Operator {
  std::string_view name;
  int min_inputs;
  int max_inputs;
  base::Result<Value> (*read)(Node& node);
};

/// Every operator that can be read, by name.
[[nodiscard]] std::span<const Operator> operators();

[[nodiscard]] base::Result<Value> read_conv(Node& node);
[[nodiscard]] base::Result<Value> read_conv_transpose(Node& node);
[[nodiscard]] base::Result<Value> read_gemm(Node& node);
[[nodiscard]] base::Result<Value> read_matmul(Node& node);
[[nodiscard]] base::Result<Value> read_batch_normalization(Node& node);
[[nodiscard]] base::Result<Value> read_average_pool(Node& node);
[[nodiscard]] base::Result<Value> read_global_average_pool(Node& node);
[[nodiscard]] base::Result<Value> read_reduce_mean(Node& node);
[[nodiscard]] base::Result<Value> read_reduce_sum(Node& node);
[[nodiscard]] base::Result<Value> read_max_pool(Node& node);

[[nodiscard]] base::Result<Value> read_add(Node& node);
[[nodiscard]] base::Result<Value> read_sub(Node& node);
[[nodiscard]] base::Result<Value> read_mul(Node& node);
[[nodiscard]] base::Result<Value> read_div(Node& node);
[[nodiscard]] base::Result<Value> read_neg(Node& node);
[[nodiscard]] base::Result<Value> read_pow(Node& node);

[[nodiscard]] base::Result<Value> read_relu(Node& node);
[[nodiscard]] base::Result<Value> read_leaky_relu(Node& node);
[[nodiscard]] base::Result<Value> read_prelu(Node& node);
[[nodiscard]] base::Result<Value> read_elu(Node& node);
[[nodiscard]] base::Result<Value> read_selu(Node& node);
[[nodiscard]] base::Result<Value> read_celu(Node& node);
[[nodiscard]] base::Result<Value> read_sigmoid(Node& node);
[[nodiscard]] base::Result<Value> read_tanh(Node& node);
[[nodiscard]] base::Result<Value> read_hard_sigmoid(Node& node);
[[nodiscard]] base::Result<Value> read_hard_swish(Node& node);
[[nodiscard]] base::Result<Value> read_gelu(Node& node);
[[nodiscard]] base::Result<Value> read_erf(Node& node);
[[nodiscard]] base::Result<Value> read_softplus(Node& node);
[[nodiscard]] base::Result<Value> read_softsign(Node& node);
[[nodiscard]] base::Result<Value> read_clip(Node& node);

[[nodiscard]] base::Result<Value> read_softmax(Node& node);
[[nodiscard]] base::Result<Value> read_log_softmax(Node& node);
[[nodiscard]] base::Result<Value> read_arg_max(Node& node);

[[nodiscard]] base::Result<Value> read_flatten(Node& node);
[[nodiscard]] base::Result<Value> read_reshape(Node& node);
[[nodiscard]] base::Result<Value> read_squeeze(Node& node);
[[nodiscard]] base::Result<Value> read_unsqueeze(Node& node);
[[nodiscard]] base::Result<Value> read_transpose(Node& node);
[[nodiscard]] base::Result<Value> read_pad(Node& node);
[[nodiscard]] base::Result<Value> read_concat(Node& node);
[[nodiscard]] base::Result<Value> read_split(Node& node);
[[nodiscard]] base::Result<Value> read_slice(Node& node);
[[nodiscard]] base::Result<Value> read_gather(Node& node);
[[nodiscard]] base::Result<Value> read_upsample(Node& node);
[[nodiscard]] base::Result<Value> read_resize(Node& node);

[[nodiscard]] base::Result<Value> read_identity(Node& node);
[[nodiscard]] base::Result<Value> read_dropout(Node& node);
[[nodiscard]] base::Result<Value> read_constant(Node& node);

[[nodiscard]] base::Result<Value> read_shape(Node& node);
[[nodiscard]] base::Result<Value> read_constant_of_shape(Node& node);
[[nodiscard]] base::Result<Value> read_cast(Node& node);
[[nodiscard]] base::Result<Value> read_floor(Node& node);
[[nodiscard]] base::Result<Value> read_ceil(Node& node);
[[nodiscard]] base::Result<Value> read_equal(Node& node);
[[nodiscard]] base::Result<Value> read_where(Node& node);
[[nodiscard]] base::Result<Value> read_expand(Node& node);

}  // namespace obscura::compiler::onnx_import
