#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "compiler/onnx/conformance_case.hpp"
#include "compiler/onnx/read_onnx.hpp"

// ONNX's own cases for single operators.

namespace obscura::compiler::onnx_import {
namespace {

namespace fs = std::filesystem;

class Conformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (fs::exists(kConformanceData)) return;
    if (std::getenv("CI") != nullptr) FAIL() << "libonnx-testdata is not installed";
    GTEST_SKIP() << "libonnx-testdata is not installed";
  }
};

std::set<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// The operators whose cases must pass. libonnx-testdata has none for Gelu, which is younger.
const std::set<std::string> kOperators = words(
    "Add ArgMax AveragePool BatchNormalization Cast Celu Clip Concat Constant Conv ConvTranspose Div "
    "Dropout Elu Erf Flatten Gemm GlobalAveragePool HardSigmoid HardSwish Identity LeakyRelu LogSoftmax "
    "MatMul MaxPool Mul Neg PRelu Pad Pow ReduceMean ReduceSum Relu Reshape Resize Selu Sigmoid Slice "
    "Softmax Softplus Softsign Split Squeeze Sub Tanh Transpose Unsqueeze Upsample ");

// Cases that cannot pass, and why: a phrase, what the importer's message then contains, and names without
// "test_".
struct Exception {
  std::string why;
  std::vector<std::string> messages;  ///< one of them
  std::set<std::string> cases;
};

const std::vector<Exception> kExceptions{
    {"not 32- or 64-bit floats",
     {"does not hold floating-point numbers", "changes the kind of numbers"},
     {"add_uint8",
      "cast_BFLOAT16_to_FLOAT",
      "cast_DOUBLE_to_FLOAT16",
      "cast_FLOAT16_to_DOUBLE",
      "cast_FLOAT16_to_FLOAT",
      "cast_FLOAT_to_BFLOAT16",
      "cast_FLOAT_to_FLOAT16",
      "cast_FLOAT_to_STRING",
      "cast_STRING_to_FLOAT",
      "castlike_BFLOAT16_to_FLOAT_expanded",
      "castlike_DOUBLE_to_FLOAT16_expanded",
      "castlike_FLOAT16_to_DOUBLE_expanded",
      "castlike_FLOAT16_to_FLOAT_expanded",
      "castlike_FLOAT_to_BFLOAT16_expanded",
      "castlike_FLOAT_to_FLOAT16_expanded",
      "castlike_FLOAT_to_STRING_expanded",
      "castlike_STRING_to_FLOAT_expanded",
      "clip_default_int8_inbounds",
      "clip_default_int8_max",
      "clip_default_int8_min",
      "div_uint8",
      "edge_pad",
      "maxpool_2d_uint8",
      "mul_uint8",
      "pow_types_float",
      "pow_types_int32_float32",
      "pow_types_int32_int32",
      "pow_types_int64_float32",
      "pow_types_int64_int64",
      "reflect_pad",
      "sub_uint8"}},
    {"3-D windows",
     {"dimensions besides the batch"},
     {"averagepool_3d_default", "convtranspose_3d", "maxpool_3d_default"}},
    {"training mode",
     {"'training_mode' is 1", "training mode is on"},
     {"batchnorm_epsilon_training_mode", "batchnorm_example_training_mode", "training_dropout",
      "training_dropout_default", "training_dropout_default_mask", "training_dropout_mask",
      "training_dropout_zero_ratio", "training_dropout_zero_ratio_mask"}},
    {"no input", {"has no input"}, {"constant"}},
    {"the batch becomes another dimension, or each sample has its own constant",
     {"mixes the samples", "one number per output"},
     {"flatten_axis0", "flatten_axis2", "flatten_axis3", "flatten_negative_axis1", "flatten_negative_axis2",
      "flatten_negative_axis4", "gemm_all_attributes", "gemm_default_matrix_bias", "gemm_transposeA"}},
    {"no tensor", {"is not a tensor"}, {"identity_opt", "identity_sequence"}},
    {"exponents that are not integers", {"sample to sample"}, {"pow"}},
    {"tensors without elements",
     {"mixes the samples", "nothing is left of", "has 1 dimensions"},
     {"reshape_allowzero_reordered", "slice_start_out_of_bounds", "split_zero_size_splits"}},
    {"crops while it resizes",
     {"'coordinate_transformation_mode' is 'tf_crop_and_resize'"},
     {"resize_tf_crop_and_resize"}},
};

const Exception* exception_for(const std::string& name) {
  for (const Exception& exception : kExceptions) {
    if (exception.cases.contains(name)) return &exception;
  }
  return nullptr;
}

bool consists_of(const std::vector<std::string>& types, const std::set<std::string>& known) {
  return !types.empty() &&
         std::all_of(types.begin(), types.end(), [&](const auto& type) { return known.contains(type); });
}

// Every case made of these operators passes with its rows or its whole as samples, or is excepted for the stated
// reason.
TEST_F(Conformance, SingleOperators) {
  std::set<std::string> passed;
  std::set<std::string> excepted;
  std::set<std::string> covered;
  for (const auto& entry : fs::directory_iterator(kConformanceData / "node")) {
    const auto types = operators_of(entry.path());
    if (!consists_of(types, kOperators)) continue;
    const std::string name = entry.path().filename().string().substr(5);
    SCOPED_TRACE(name);
    const std::string by_rows = run_case(entry.path(), Placement::kRows);
    const std::string refusal = by_rows.empty() ? "" : run_case(entry.path(), Placement::kWhole);
    const Exception* exception = exception_for(name);
    if (refusal.empty()) {
      EXPECT_EQ(exception, nullptr) << "it passes, so that it is no exception";
      passed.insert(name);
      covered.insert(types.begin(), types.end());
      continue;
    }
    excepted.insert(name);
    ASSERT_NE(exception, nullptr) << by_rows << "; " << refusal;
    EXPECT_TRUE(std::any_of(exception->messages.begin(), exception->messages.end(), [&](const std::string& message) {
      return by_rows.find(message) != std::string::npos;
    })) << by_rows;
  }
  std::set<std::string> expected;
  for (const Exception& exception : kExceptions) expected.insert(exception.cases.begin(), exception.cases.end());
  EXPECT_EQ(excepted, expected);
  EXPECT_GE(passed.size(), 249U);
  std::set<std::string> without_case;
  std::set_difference(kOperators.begin(), kOperators.end(), covered.begin(), covered.end(),
                      std::inserter(without_case, without_case.end()));
  EXPECT_TRUE(without_case.empty()) << ::testing::PrintToString(without_case);
}

// Exports of PyTorch for operator set 6, which are the same in 7; folder and names without "test_".
const std::map<std::string, std::set<std::string>> kExports{
    {"pytorch-converted",
     words("AvgPool1d AvgPool1d_stride AvgPool2d AvgPool2d_stride ConstantPad2d Conv1d Conv1d_dilated "
           "Conv1d_groups Conv1d_pad1 Conv1d_pad1size1 Conv1d_pad2 Conv1d_pad2size1 Conv1d_stride Conv2d "
           "Conv2d_depthwise Conv2d_depthwise_padded Conv2d_depthwise_strided "
           "Conv2d_depthwise_with_multiplier Conv2d_dilated Conv2d_groups Conv2d_groups_thnn Conv2d_no_bias "
           "Conv2d_padding Conv2d_strided ConvTranspose2d ConvTranspose2d_no_bias ELU GLU GLU_dim LeakyReLU "
           "LeakyReLU_with_negval Linear_no_bias LogSoftmax MaxPool1d MaxPool1d_stride "
           "MaxPool1d_stride_padding_dilation MaxPool2d MaxPool2d_stride_padding_dilation PReLU_1d PReLU_2d "
           "PReLU_3d PixelShuffle ReLU ReflectionPad2d ReplicationPad2d SELU Sigmoid Softmax Softmin "
           "Softplus Tanh ZeroPad2d log_softmax_dim3 log_softmax_lastdim softmax_functional_dim3 "
           "softmax_lastdim ")},
    {"pytorch-operator", words("operator_clip operator_conv operator_convtranspose operator_flatten operator_maxpool "
                               "operator_pad operator_permute2 operator_reduced_mean operator_reduced_mean_keepdim "
                               "operator_reduced_sum operator_reduced_sum_keepdim operator_selu ")},
    {"simple", words("single_relu_model ")},
};

TEST_F(Conformance, OlderModelsReadAsOperatorSet7) {
  for (const auto& [folder, names] : kExports) {
    for (const std::string& name : names) {
      SCOPED_TRACE(folder + "/" + name);
      EXPECT_EQ(run_case(kConformanceData / folder / ("test_" + name), Placement::kRows), "");
    }
  }
}

// Whatever stands in a case, its weights bound: it passes, or the message says which part of the model is at fault, a
// node by its operator.
TEST_F(Conformance, RefusalsNameNodeAndOperator) {
  int by_node = 0;
  for (const auto& entry : fs::directory_iterator(kConformanceData / "node")) {
    SCOPED_TRACE(entry.path());
    const auto types = operators_of(entry.path());
    if (consists_of(types, kOperators)) continue;  // those have a table of their own
    const std::string message = run_case(entry.path(), Placement::kRows);
    const auto at_fault = [&](std::string_view part) { return message.starts_with(part); };
    if (message.empty() || at_fault("the ") || at_fault("input '") || at_fault("output '")) continue;
    ++by_node;
    EXPECT_TRUE(message.starts_with("node '")) << message;
    EXPECT_TRUE(std::any_of(types.begin(), types.end(), [&](const std::string& type) {
      return message.find(" (" + type + "): ") != std::string::npos;
    })) << message;
  }
  EXPECT_GE(by_node, 350);
}

// Every case, unchanged: read, or refused with a message and a hint.
TEST_F(Conformance, EveryModelIsReadOrRefused) {
  std::map<base::ErrorCode, int> refused;
  int read = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kConformanceData)) {
    if (entry.path().extension() != ".onnx") continue;
    SCOPED_TRACE(entry.path());
    const auto graph = read_onnx_file(entry.path(), {});
    if (graph) {
      ++read;
      continue;
    }
    ++refused[graph.error().code];
    EXPECT_NE(graph.error().message.find(entry.path().string()), std::string::npos);
    EXPECT_FALSE(graph.error().hint.empty()) << graph.error().message;
    EXPECT_NE(graph.error().code, base::ErrorCode::kLimit) << graph.error().message;
  }
  EXPECT_GE(read, 17);
  EXPECT_GE(refused[base::ErrorCode::kUnsupported], 800);
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
