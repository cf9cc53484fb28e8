// A network that takes more levels than any chain has: only bootstraps get it through.
#include "compiler/graph/testing/deep_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/compile/compile.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

CompileRequest request_for_deep() {
  CompileRequest request;
  request.input.width = graph::testing::kDeepWidth;
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> draw(-1, 1);
  request.calibration.resize(8, std::vector<double>(graph::testing::kDeepWidth));
  for (auto& input : request.calibration) {
    for (double& x : input) x = draw(random);
  }
  request.options.most_flips = 1;  // random inputs have no margins to speak of
  return request;
}

TEST(DeepNetwork, SlowIsGivenBootstraps) {
  const graph::Graph network = graph::testing::deep_network();
  const CompileRequest request = request_for_deep();
  const auto output = compile_packable(network, request);
  ASSERT_TRUE(output) << output.error().message;
  const plan::program::Program& program = output->plan.program;
  EXPECT_TRUE(plan::program::verify(program));
  ASSERT_TRUE(program.bootstrap);
  EXPECT_TRUE(program.bootstrap->real);
  // 87 levels: at most 23 down to the first bootstrap, 17 between two, and 20 behind the last.
  const auto count = std::count_if(program.instructions.begin(), program.instructions.end(), [](const auto& each) {
    return std::holds_alternative<plan::program::Bootstrap>(each.operation);
  });
  EXPECT_GE(count, 4);
  const auto& input = request.calibration.front();
  const auto trace = simulate::execute(program, output->plan.weights, simulate::pack_input(program, input), {});
  const auto scores = simulate::read_scores(program, trace);
  const auto expected = graph::interpret(network, input);
  for (std::size_t j = 0; j < scores.size(); ++j) EXPECT_NEAR(scores[j], expected[j], 1e-9);
  EXPECT_LT(program.error.score_error_bound, 1e-3);
}

TEST(DeepNetwork, IsRefusedWhereThereAreNoBootstraps) {
  CompileRequest request = request_for_deep();
  request.options.security = fhe::params::Security::k192;
  const auto output = compile_packable(graph::testing::deep_network(), request);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(output.error().message.find("87 levels"), std::string::npos) << output.error().message;
}

}  // namespace
}  // namespace obscura::compiler::compile
