#include "compiler/compile/compile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "compiler/compile/calibration.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/graph/testing/matrix_chain.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

using fhe::params::Security;
using graph::SparseMatrix;

SparseMatrix dense(int rows, int cols, std::mt19937_64& random) {
  std::normal_distribution<double> weight(0, 1 / std::sqrt(cols));
  SparseMatrix matrix{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols), {0}, {}, {}, {}};
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      matrix.col.push_back(static_cast<std::uint32_t>(c));
      matrix.value.push_back(weight(random));
    }
    matrix.row_ptr.push_back(matrix.col.size());
    matrix.bias.push_back(weight(random));
  }
  return matrix;
}

/// A convolution without padding on one square channel.
SparseMatrix convolution(int size, int maps, int kernel, int stride, std::mt19937_64& random) {
  const int out = (size - kernel) / stride + 1;
  std::normal_distribution<double> weight(0, 1.0 / kernel);
  SparseMatrix matrix{
      static_cast<std::size_t>(maps * out * out), static_cast<std::size_t>(size * size), {0}, {}, {}, {}};
  for (int row = 0; row < maps * out * out; ++row) {
    for (int tap = 0; tap < kernel * kernel; ++tap) {
      const int y = row / out % out * stride + tap / kernel;
      const int x = row % out * stride + tap % kernel;
      matrix.col.push_back(static_cast<std::uint32_t>(y * size + x));
      matrix.value.push_back(weight(random));
    }
    matrix.row_ptr.push_back(matrix.col.size());
    matrix.bias.push_back(weight(random));
  }
  return matrix;
}

graph::Graph chain_of(int height, int width, std::vector<SparseMatrix> matrices) {
  return graph::testing::matrix_chain({{1, height, width}}, std::move(matrices));
}

CompileRequest request_for(const graph::Graph& chain, std::size_t inputs, std::mt19937_64& random) {
  CompileRequest request;
  request.input.height = static_cast<int>(chain.nodes[0].shape.dims[1]);
  request.input.width = static_cast<int>(chain.nodes[0].shape.dims[2]);
  std::uniform_real_distribution<double> pixel(0, 1);
  for (std::size_t i = 0; i < inputs; ++i) {
    request.calibration.emplace_back(static_cast<std::size_t>(request.input.height * request.input.width));
    for (double& x : request.calibration.back()) x = pixel(random);
  }
  // Random networks have no margins to speak of; their scores' range decides.
  request.options.most_flips = 1;
  request.options.sensitivity_inputs = 2;
  return request;
}

graph::Graph cryptonets_shape(std::mt19937_64& random) {
  // 27 x 27 pixels of the padded 28 x 28 give 12 x 12; 29 x 29 gives the 13 x 13 of the paper.
  return chain_of(29, 29, {convolution(29, 5, 5, 2, random), dense(100, 845, random), dense(10, 100, random)});
}

void expect_same_scores(const graph::Graph& chain, const CompileOutput& output, const std::vector<double>& input) {
  const auto& program = output.plan.program;
  const auto trace = simulate::execute(program, output.plan.weights, simulate::pack_input(program, input), {});
  const auto scores = simulate::read_scores(program, trace);
  const auto expected = graph::interpret(chain, input);
  for (std::size_t j = 0; j < scores.size(); ++j) EXPECT_NEAR(scores[j], expected[j], 1e-8);
}

TEST(Compile, FindsASmallRingForTheCryptoNetsShape) {
  std::mt19937_64 random(1);
  const graph::Graph chain = cryptonets_shape(random);
  const CompileRequest request = request_for(chain, 4, random);
  const auto output = compile_packable(chain, request);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const Report& report = output->report;
  std::printf("%s", to_text(report).c_str());
  EXPECT_EQ(report.log_n, 13);
  EXPECT_LE(report.log_qp, 210);
  EXPECT_LE(report.q_bits.size(), 6u);
  EXPECT_LE(report.ntts, 564);  // what the packing worked out by hand takes
  EXPECT_LE(report.input_ciphertexts, 4);
  EXPECT_TRUE(plan::program::verify(output->plan.program).has_value());
  EXPECT_EQ(output->plan.program.stages.size(), 5u);
  EXPECT_LE(report.score_error_sd, request.options.most_relative_sd * 2 * report.score_maximum);
  const std::vector<double>& ms = output->plan.predicted_ms;
  EXPECT_EQ(ms.size(), output->plan.program.instructions.size());
  // Two sums of as many numbers in different units: each addition and division rounds once.
  const double total = output->plan.program.cost.latency_ms;
  const double rounding = static_cast<double>(ms.size() + 1) * std::numeric_limits<double>::epsilon() * total;
  EXPECT_NEAR(std::accumulate(ms.begin(), ms.end(), 0.0), total, rounding);
  expect_same_scores(chain, *output, request.calibration.front());
}

TEST(Compile, SmallErrorsTakeSixPrimes) {
  std::mt19937_64 random(1);
  const graph::Graph chain = cryptonets_shape(random);
  CompileRequest request = request_for(chain, 4, random);
  request.options.most_relative_sd = std::exp2(-15);
  const auto output = compile_packable(chain, request);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(output->report.log_n, 13);
  EXPECT_EQ(output->report.q_bits.size(), 6u);
  EXPECT_LE(output->report.ntts, 564);
}

TEST(CompileSlow, HigherSecurityTakesTheNextRing) {
  std::mt19937_64 random(1);
  const graph::Graph chain = cryptonets_shape(random);
  for (const Security security : {Security::k192, Security::k256}) {
    CompileRequest request = request_for(chain, 4, random);
    request.options.security = security;
    const auto output = compile_packable(chain, request);
    ASSERT_TRUE(output.has_value()) << output.error().message;
    EXPECT_EQ(output->report.log_n, 14);
    EXPECT_EQ(output->report.security_bits, static_cast<int>(security));
    EXPECT_LE(output->report.log_qp, fhe::params::max_log_qp(security, 14));
  }
}

TEST(Compile, EqualRequestsGiveEqualPlans) {
  std::mt19937_64 random(2);
  const graph::Graph chain = chain_of(6, 6, {dense(12, 36, random), dense(3, 12, random)});
  const CompileRequest request = request_for(chain, 3, random);
  const auto once = compile_packable(chain, request);
  const auto again = compile_packable(chain, request);
  ASSERT_TRUE(once.has_value() && again.has_value());
  EXPECT_EQ(once->plan.program, again->plan.program);
  EXPECT_EQ(once->plan.weights.values, again->plan.weights.values);
  EXPECT_EQ(to_json(once->report), to_json(again->report));
}

TEST(Compile, WeightsDoNotDecideTheProgram) {
  std::mt19937_64 random(3);
  graph::Graph chain = chain_of(6, 6, {dense(12, 36, random), dense(3, 12, random)});
  const CompileRequest request = request_for(chain, 3, random);
  const auto full = compile_packable(chain, request);
  for (std::size_t i = 0; i < 100; ++i)
    std::get<graph::Linear>(chain.nodes[1].op).matrix.value[i] = 0;  // pruned, in the same structure
  const auto pruned = compile_packable(chain, request);
  ASSERT_TRUE(full.has_value() && pruned.has_value());
  EXPECT_EQ(full->plan.weights.values.size(), pruned->plan.weights.values.size());
  EXPECT_EQ(full->report.stages[0].packing, pruned->report.stages[0].packing);
  EXPECT_EQ(full->report.stages[0].diagonals, pruned->report.stages[0].diagonals);
}

TEST(Compile, TakesSingleLayersAndNetsOfSquares) {
  std::mt19937_64 random(4);
  std::vector<graph::Graph> chains;
  chains.push_back(chain_of(4, 4, {dense(5, 16, random)}));
  chains.push_back(
      chain_of(4, 4, {graph::identity_matrix(16), graph::identity_matrix(16), graph::identity_matrix(16)}));
  chains.push_back(chain_of(3, 3, {dense(1, 9, random), dense(7, 1, random)}));
  for (const graph::Graph& chain : chains) {
    const CompileRequest request = request_for(chain, 3, random);
    const auto output = compile_packable(chain, request);
    ASSERT_TRUE(output.has_value()) << output.error().message;
    EXPECT_TRUE(plan::program::verify(output->plan.program).has_value());
    for (const auto& input : request.calibration) expect_same_scores(chain, *output, input);
  }
}

TEST(Compile, RefusesIncompleteRequests) {
  std::mt19937_64 random(5);
  const graph::Graph chain = chain_of(4, 4, {dense(5, 16, random)});
  const CompileRequest good = request_for(chain, 2, random);
  const auto code = [&](const CompileRequest& request) { return compile_packable(chain, request).error().code; };
  CompileRequest request = good;
  request.calibration.clear();
  EXPECT_EQ(code(request), base::ErrorCode::kUsage);
  request = good;
  request.calibration[1].pop_back();
  EXPECT_EQ(code(request), base::ErrorCode::kMismatch);
  request = good;
  request.calibration[1][3] = std::nan("");
  EXPECT_EQ(code(request), base::ErrorCode::kMismatch);
  request = good;
  request.input.width = 5;
  EXPECT_EQ(code(request), base::ErrorCode::kMismatch);
  request = good;
  request.labels = {"one", "two"};
  EXPECT_EQ(code(request), base::ErrorCode::kUsage);
}

TEST(Compile, SaysWhyNothingFits) {
  std::mt19937_64 random(6);
  const graph::Graph chain = chain_of(4, 4, {dense(5, 16, random), dense(2, 5, random)});
  CompileRequest request = request_for(chain, 2, random);
  request.options.most_log_n = 13;
  request.options.most_relative_sd = 1e-12;
  auto output = compile_packable(chain, request);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(output.error().message.find("precise enough"), std::string::npos) << output.error().message;
  request = request_for(chain, 2, random);
  request.options.most_log_n = 11;
  output = compile_packable(chain, request);
  ASSERT_FALSE(output.has_value());
  EXPECT_NE(output.error().message.find("needs 3 levels"), std::string::npos) << output.error().message;
}

TEST(Compile, TheCommittedModelIsClassifiedAsItsInterpreterDoes) {
  const std::string models = std::string(OBSCURA_SOURCE_DIR) + "/models";
  CompileRequest request;
  request.input.height = request.input.width = 28;
  request.labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  auto digits = read_calibration(models + "/digits", request.input, 20);
  ASSERT_TRUE(digits.has_value()) << digits.error().message;
  request.calibration = std::move(*digits);
  const auto output = compile_onnx(models + "/mnist_cryptonets/model.onnx", request);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  std::printf("%s", to_text(output->report).c_str());
  EXPECT_EQ(output->report.log_n, 13);
  EXPECT_LE(output->report.ntts, 564);
  EXPECT_LE(output->plan.program.cost.memory_bytes, 300'000'000u);
  const auto graph = onnx_import::read_onnx_file(models + "/mnist_cryptonets/model.onnx", {});
  ASSERT_TRUE(graph.has_value());
  const auto& program = output->plan.program;
  for (const auto& input : request.calibration) {
    const auto trace = simulate::execute(program, output->plan.weights, simulate::pack_input(program, input), {});
    const auto scores = simulate::read_scores(program, trace);
    const auto expected = graph::interpret(*graph, input);
    for (std::size_t j = 0; j < scores.size(); ++j) EXPECT_NEAR(scores[j], expected[j], 1e-5);
  }
}

TEST(Compile, ReportIsOneJsonObject) {
  std::mt19937_64 random(7);
  const graph::Graph chain = chain_of(4, 4, {dense(5, 16, random)});
  const auto output = compile_packable(chain, request_for(chain, 2, random));
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const auto json = nlohmann::json::parse(to_json(output->report));
  EXPECT_EQ(json["log_n"], output->report.log_n);
  EXPECT_EQ(json["stages"].size(), 1u);
  EXPECT_EQ(json["stages"][0]["kind"], "linear");
  double shares = 0;
  for (const StageReport& stage : output->report.stages) shares += stage.error_share;
  EXPECT_NEAR(shares, 1, 1e-9);
}

}  // namespace
}  // namespace obscura::compiler::compile
