#include "compiler/onnx/detail/operators.hpp"

#include <array>
#include <limits>

namespace obscura::compiler::onnx_import {
namespace {

constexpr int kAnyNumber = std::numeric_limits<int>::max();

constexpr std::array<Operator, 27> kOperators{{
    {"Add", 2, 2, read_add},
    {"AveragePool", 1, 1, read_average_pool},
    {"BatchNormalization", 5, 5, read_batch_normalization},
    {"Cast", 1, 1, read_cast},
    {"Concat", 1, kAnyNumber, read_concat},
    {"Constant", 0, 0, read_constant},
    {"ConstantOfShape", 1, 1, read_constant_of_shape},
    {"Conv", 2, 3, read_conv},
    {"Div", 2, 2, read_div},
    {"Dropout", 1, 3, read_dropout},
    {"Flatten", 1, 1, read_flatten},
    {"Gather", 2, 2, read_gather},
    {"Gemm", 2, 3, read_gemm},
    {"GlobalAveragePool", 1, 1, read_global_average_pool},
    {"Identity", 1, 1, read_identity},
    {"MatMul", 2, 2, read_matmul},
    {"Mul", 2, 2, read_mul},
    {"Pad", 1, 4, read_pad},
    {"Pow", 2, 2, read_pow},
    {"ReduceMean", 1, 2, read_reduce_mean},
    {"Reshape", 2, 2, read_reshape},
    {"Shape", 1, 1, read_shape},
    {"Slice", 1, 5, read_slice},
    {"Squeeze", 1, 2, read_squeeze},
    {"Sub", 2, 2, read_sub},
    {"Transpose", 1, 1, read_transpose},
    {"Unsqueeze", 1, 2, read_unsqueeze},
}};

}  // namespace

std::span<const Operator> operators() {
  return kOperators;
}

}  // namespace obscura::compiler::onnx_import
