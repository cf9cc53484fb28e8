#include "compiler/onnx/detail/operators.hpp"

#include <array>
#include <limits>

namespace obscura::compiler::onnx_import {
namespace {

constexpr int kAnyNumber = std::numeric_limits<int>::max();

constexpr std::array<Operator, 57> kOperators{{
    {"Add", 2, 2, read_add},
    {"ArgMax", 1, 1, read_arg_max},
    {"AveragePool", 1, 1, read_average_pool},
    {"BatchNormalization", 5, 5, read_batch_normalization},
    {"Cast", 1, 1, read_cast},
    {"Ceil", 1, 1, read_ceil},
    {"Celu", 1, 1, read_celu},
    {"Clip", 1, 3, read_clip},
    {"Concat", 1, kAnyNumber, read_concat},
    {"Constant", 0, 0, read_constant},
    {"ConstantOfShape", 1, 1, read_constant_of_shape},
    {"Conv", 2, 3, read_conv},
    {"ConvTranspose", 2, 3, read_conv_transpose},
    {"Div", 2, 2, read_div},
    {"Dropout", 1, 3, read_dropout},
    {"Elu", 1, 1, read_elu},
    {"Equal", 2, 2, read_equal},
    {"Erf", 1, 1, read_erf},
    {"Expand", 2, 2, read_expand},
    {"Flatten", 1, 1, read_flatten},
    {"Floor", 1, 1, read_floor},
    {"Gather", 2, 2, read_gather},
    {"Gelu", 1, 1, read_gelu},
    {"Gemm", 2, 3, read_gemm},
    {"GlobalAveragePool", 1, 1, read_global_average_pool},
    {"HardSigmoid", 1, 1, read_hard_sigmoid},
    {"HardSwish", 1, 1, read_hard_swish},
    {"Identity", 1, 1, read_identity},
    {"LeakyRelu", 1, 1, read_leaky_relu},
    {"LogSoftmax", 1, 1, read_log_softmax},
    {"MatMul", 2, 2, read_matmul},
    {"MaxPool", 1, 1, read_max_pool},
    {"Mul", 2, 2, read_mul},
    {"Neg", 1, 1, read_neg},
    {"PRelu", 2, 2, read_prelu},
    {"Pad", 1, 4, read_pad},
    {"Pow", 2, 2, read_pow},
    {"ReduceMean", 1, 2, read_reduce_mean},
    {"ReduceSum", 1, 2, read_reduce_sum},
    {"Relu", 1, 1, read_relu},
    {"Reshape", 2, 2, read_reshape},
    {"Resize", 1, 4, read_resize},
    {"Selu", 1, 1, read_selu},
    {"Shape", 1, 1, read_shape},
    {"Sigmoid", 1, 1, read_sigmoid},
    {"Slice", 1, 5, read_slice},
    {"Softmax", 1, 1, read_softmax},
    {"Softplus", 1, 1, read_softplus},
    {"Softsign", 1, 1, read_softsign},
    {"Split", 1, 2, read_split},
    {"Squeeze", 1, 2, read_squeeze},
    {"Sub", 2, 2, read_sub},
    {"Tanh", 1, 1, read_tanh},
    {"Transpose", 1, 1, read_transpose},
    {"Unsqueeze", 1, 2, read_unsqueeze},
    {"Upsample", 1, 2, read_upsample},
    {"Where", 3, 3, read_where},
}};

}  // namespace

std::span<const Operator> operators() {
  return kOperators;
}

}  // namespace obscura::compiler::onnx_import
