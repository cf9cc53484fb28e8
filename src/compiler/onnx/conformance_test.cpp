#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/detail/constant.hpp"
#include "compiler/onnx/read_onnx.hpp"

// ONNX's own conformance cases, as Debian's libonnx-testdata installs them: a model, its inputs and
// its outputs. Inputs after the first become initialisers (that is what weights are here), and the
// batch dimension is left open, so that each row of the first input is one sample.

namespace obscura::compiler::onnx_import {
namespace {

namespace fs = std::filesystem;

const fs::path kData = "/usr/share/libonnx-testdata/data";

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

base::Result<graph::Graph> read_model(const onnx::ModelProto& model) {
  const std::string bytes = model.SerializeAsString();
  return read_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, {});
}

onnx::TensorProto tensor(const fs::path& path) {
  onnx::TensorProto result;
  EXPECT_TRUE(result.ParseFromString(read_bytes(path))) << path;
  return result;
}

// A target shape whose first number is 0: "as many samples as there were".
void keep_batch(onnx::TensorProto& shape) {
  shape.mutable_raw_data()->replace(0, 8, 8, '\0');
}

// The case's model with all inputs but the first made constant and its batch left open.
onnx::ModelProto prepared(const fs::path& folder, std::int64_t opset) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(read_bytes(folder / "model.onnx"))) << folder;
  onnx::GraphProto& graph = *model.mutable_graph();
  if (opset != 0) model.mutable_opset_import(0)->set_version(opset);
  std::set<std::string> known;
  for (const auto& initializer : graph.initializer()) known.insert(initializer.name());
  int data = 0;
  for (auto& input : *graph.mutable_input()) {
    if (known.contains(input.name())) continue;
    if (data == 0 && input.type().tensor_type().shape().dim_size() > 0) {
      input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("N");
    } else if (data > 0) {
      *graph.add_initializer() = tensor(folder / "test_data_set_0" / ("input_" + std::to_string(data) + ".pb"));
      graph.mutable_initializer()->rbegin()->set_name(input.name());
      if (graph.node(0).op_type() == "Reshape") keep_batch(*graph.mutable_initializer()->rbegin());
    }
    ++data;
  }
  return model;
}

// Number of samples compared.
std::int64_t run_case(const std::string& name, std::int64_t opset) {
  const fs::path folder = kData / name;
  const auto graph = read_model(prepared(folder, opset));
  if (!graph) {
    ADD_FAILURE() << graph.error().message;
    return 0;
  }
  const auto input = read_tensor(tensor(folder / "test_data_set_0/input_0.pb"));
  const auto output = read_tensor(tensor(folder / "test_data_set_0/output_0.pb"));
  if (!input || !output) {
    ADD_FAILURE() << "test data cannot be read";
    return 0;
  }
  const std::int64_t batch = input->dims[0];
  EXPECT_EQ(output->dims[0], batch);
  EXPECT_EQ(graph->shape(graph->outputs[0]).dims, Dims(output->dims.begin() + 1, output->dims.end()));
  const std::size_t in_size = input->reals().size() / static_cast<std::size_t>(batch);
  for (std::int64_t sample = 0; sample < batch; ++sample) {
    const auto actual = graph::interpret(*graph, {input->reals().data() + sample * in_size, in_size});
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const double expected = output->reals()[static_cast<std::size_t>(sample) * actual.size() + i];
      // The references are sums of up to 144 terms in 32-bit floats.
      EXPECT_NEAR(actual[i], expected, 144 * 0x1p-24 * (1.0 + std::abs(expected))) << "element " << i;
    }
  }
  return batch;
}

class Conformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (fs::exists(kData)) return;
    if (std::getenv("CI") != nullptr) FAIL() << "libonnx-testdata is not installed";
    GTEST_SKIP() << "libonnx-testdata is not installed";
  }
};

TEST_F(Conformance, SingleOperators) {
  for (const char* name : {"test_basic_conv_with_padding",
                           "test_basic_conv_without_padding",
                           "test_conv_with_autopad_same",
                           "test_conv_with_strides_and_asymmetric_padding",
                           "test_conv_with_strides_no_padding",
                           "test_conv_with_strides_padding",
                           "test_averagepool_1d_default",
                           "test_averagepool_2d_ceil",
                           "test_averagepool_2d_default",
                           "test_averagepool_2d_pads",
                           "test_averagepool_2d_pads_count_include_pad",
                           "test_averagepool_2d_precomputed_pads",
                           "test_averagepool_2d_precomputed_pads_count_include_pad",
                           "test_averagepool_2d_precomputed_same_upper",
                           "test_averagepool_2d_precomputed_strides",
                           "test_averagepool_2d_same_lower",
                           "test_averagepool_2d_same_upper",
                           "test_averagepool_2d_strides",
                           "test_batchnorm_epsilon",
                           "test_batchnorm_example",
                           "test_constant_pad",
                           "test_flatten_axis1",
                           "test_flatten_default_axis",
                           "test_flatten_negative_axis3",
                           "test_gemm_alpha",
                           "test_gemm_beta",
                           "test_gemm_default_no_bias",
                           "test_gemm_default_scalar_bias",
                           "test_gemm_default_single_elem_vector_bias",
                           "test_gemm_default_vector_bias",
                           "test_gemm_default_zero_bias",
                           "test_gemm_transposeB",
                           "test_identity",
                           "test_matmul_2d",
                           "test_add_bcast",
                           "test_sub_bcast",
                           "test_mul_bcast",
                           "test_div_bcast",
                           "test_dropout_default",
                           "test_dropout_default_ratio",
                           "test_dropout_random_old",
                           "test_reshape_extended_dims",
                           "test_reshape_negative_dim",
                           "test_reshape_reduced_dims",
                           "test_reshape_zero_and_negative_dim",
                           "test_reshape_zero_dim",
                           "test_reshape_reordered_last_dims",
                           "test_transpose_all_permutations_0",
                           "test_transpose_all_permutations_1",
                           "test_unsqueeze_axis_1",
                           "test_unsqueeze_axis_2",
                           "test_unsqueeze_axis_3",
                           "test_unsqueeze_two_axes",
                           "test_unsqueeze_three_axes",
                           "test_unsqueeze_unsorted_axes"}) {
    SCOPED_TRACE(name);
    EXPECT_GT(run_case(std::string("node/") + name, 0), 0);
  }
}

// Operators whose first operator set is below 7 keep their meaning in 7; so do the exports below,
// which PyTorch wrote for operator set 6.
TEST_F(Conformance, OlderModelsReadAsOperatorSet7) {
  for (const char* name : {"node/test_globalaveragepool",
                           "node/test_globalaveragepool_precomputed",
                           "pytorch-converted/test_AvgPool1d",
                           "pytorch-converted/test_AvgPool1d_stride",
                           "pytorch-converted/test_AvgPool2d",
                           "pytorch-converted/test_AvgPool2d_stride",
                           "pytorch-converted/test_ConstantPad2d",
                           "pytorch-converted/test_Conv1d",
                           "pytorch-converted/test_Conv1d_dilated",
                           "pytorch-converted/test_Conv1d_groups",
                           "pytorch-converted/test_Conv1d_pad1",
                           "pytorch-converted/test_Conv1d_pad1size1",
                           "pytorch-converted/test_Conv1d_pad2",
                           "pytorch-converted/test_Conv1d_pad2size1",
                           "pytorch-converted/test_Conv1d_stride",
                           "pytorch-converted/test_Conv2d",
                           "pytorch-converted/test_Conv2d_depthwise",
                           "pytorch-converted/test_Conv2d_depthwise_padded",
                           "pytorch-converted/test_Conv2d_depthwise_strided",
                           "pytorch-converted/test_Conv2d_depthwise_with_multiplier",
                           "pytorch-converted/test_Conv2d_dilated",
                           "pytorch-converted/test_Conv2d_groups",
                           "pytorch-converted/test_Conv2d_groups_thnn",
                           "pytorch-converted/test_Conv2d_no_bias",
                           "pytorch-converted/test_Conv2d_padding",
                           "pytorch-converted/test_Conv2d_strided",
                           "pytorch-converted/test_Linear_no_bias",
                           "pytorch-converted/test_ZeroPad2d",
                           "pytorch-operator/test_operator_flatten",
                           "pytorch-operator/test_operator_permute2",
                           "pytorch-operator/test_operator_reduced_mean",
                           "pytorch-operator/test_operator_reduced_mean_keepdim"}) {
    SCOPED_TRACE(name);
    EXPECT_GT(run_case(name, 7), 0);
  }
}

// Every case, unchanged: read, or refused with a message and a hint.
TEST_F(Conformance, EveryModelIsReadOrRefused) {
  std::map<base::ErrorCode, int> refused;
  int read = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kData)) {
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
  EXPECT_GE(read, 10);
  EXPECT_GE(refused[base::ErrorCode::kUnsupported], 800);
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
