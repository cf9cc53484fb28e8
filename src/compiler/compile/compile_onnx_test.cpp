#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "compiler/compile/compile.hpp"
#include "compiler/compile/reference.hpp"
#include "compiler/onnx/model_maker.hpp"
#include "compiler/simulate/execute.hpp"

namespace obscura::compiler::compile {
namespace {

namespace fs = std::filesystem;
using plan::program::Finish;

/// A file with one model: max pooling over pairs, a matrix and a softmax, as exporters write them.
class CompileOnnx : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() /
            (std::string("obscura_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".onnx");
    onnx_import::ModelMaker make;
    make.input("image", {-1, 1, 4, 4});
    auto& pool = make.node("MaxPool", {"image"}, "pooled");
    onnx_import::ModelMaker::attribute(pool, "kernel_shape", std::vector<std::int64_t>{1, 2});
    onnx_import::ModelMaker::attribute(pool, "strides", std::vector<std::int64_t>{1, 2});
    make.node("Flatten", {"pooled"}, "flat");
    make.weights("w", {8, 3});
    make.node("MatMul", {"flat", "w"}, "scores");
    make.node("Softmax", {"scores"}, "probabilities");
    make.output("probabilities", {-1, 3});
    const std::string bytes = make.model.SerializeAsString();
    std::ofstream(path_, std::ios::binary) << bytes;
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> pixel(0, 1);
    request_.input.height = request_.input.width = 4;
    for (int i = 0; i < 16; ++i) {
      request_.calibration.emplace_back(16);
      for (double& x : request_.calibration.back()) x = pixel(random);
    }
    request_.options.most_flips = 1;
    request_.options.sensitivity_inputs = 2;
    request_.options.fit.most_flips = 0.2;
  }
  void TearDown() override { fs::remove(path_); }

  fs::path path_;
  CompileRequest request_;
};

TEST_F(CompileOnnx, MaxPoolOnlyOnRequest) {
  const auto refused = compile_onnx(path_, request_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("(MaxPool)"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().hint.find("--approximate-maxpool"), std::string::npos) << refused.error().hint;
}

TEST_F(CompileOnnx, SoftmaxIsLeftToTheKeyHolderAndScoresAreThoseOfTheReference) {
  request_.options.approximate_maxpool = true;
  std::vector<std::string> stages;
  request_.options.on_stage = [&stages](const std::string& stage) { stages.push_back(stage); };
  const auto output = compile_onnx(path_, request_);
  ASSERT_TRUE(output) << output.error().message;
  const auto& program = output->plan.program;
  ASSERT_EQ(program.outputs.size(), 1U);
  EXPECT_EQ(program.outputs[0].name, "probabilities");
  EXPECT_EQ(program.outputs[0].finish, Finish::kSoftmax);
  EXPECT_EQ(stages.front(), "reading the model");
  EXPECT_EQ(stages.back(), "checking the packing");
  const auto reference = Reference::open(path_.string());
  ASSERT_TRUE(reference) << reference.error().message;
  for (const auto& input : request_.calibration) {
    const std::vector<float> pixels(input.begin(), input.end());
    const auto expected = reference->scores(pixels);
    ASSERT_TRUE(expected);
    const auto trace = simulate::execute(program, output->plan.weights, simulate::pack_input(program, input), {});
    const auto actual = simulate::read_scores(program, trace);
    // Pixels lie in [0, 1], so a maximum is off by 1.2 / 2 * 2^-3 * (1 + 2^-3) at most; eight weights of at most 6
    // / 16.
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(actual[j], (*expected)[j], 8 * 6.0 / 16 * 0.6 * 0.125 * 1.125);
    // Scores before the softmax: they do not add up to 1.
    EXPECT_GT(std::abs((*expected)[0] + (*expected)[1] + (*expected)[2] - 1), 1e-3);
  }
}

}  // namespace
}  // namespace obscura::compiler::compile
