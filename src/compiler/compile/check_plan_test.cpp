#include "compiler/compile/check_plan.hpp"

#include <gtest/gtest.h>

#include "compiler/compile/compile.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::compile {
namespace {

constexpr std::size_t kInputs = 40;

class CheckPlan : public ::testing::Test {
 protected:
  CheckPlan() : make_(21) {
    auto x = make_.flatten(make_.input({1, 4, 4}), "flat");
    x = make_.add(graph::Activation{graph::ActivationKind::kRelu}, {make_.dense(x, 8, "hidden")}, "relu");
    make_.graph.outputs = {make_.dense(x, 3, "scores")};
    request_.input.height = request_.input.width = 4;
    for (std::size_t i = 0; i < kInputs; ++i) request_.calibration.push_back(make_.reals(16));
    request_.options.most_flips = 1;
    request_.check = {request_.calibration, false};
  }

  Check check() {
    const auto output = compile_graph(make_.graph, request_);
    EXPECT_TRUE(output) << (output ? "" : output.error().message);
    EXPECT_TRUE(output && output->report.check);
    return output && output->report.check ? *output->report.check : Check{};
  }

  passes::GraphMaker make_;
  CompileRequest request_;
};

TEST_F(CheckPlan, MeasuresWhatTheNoiseModelPredicts) {
  const Check result = check();
  EXPECT_EQ(result.inputs, kInputs);
  EXPECT_FALSE(result.unseen);
  EXPECT_EQ(result.out_of_range, 0U) << "inputs that were calibrated with are in range";
  // An rms over n inputs is off by 1 / sqrt(2 n) of itself; five of those, and the largest of three.
  const double spread = 5 / std::sqrt(2.0 * kInputs);
  EXPECT_NEAR(result.noise_sd / result.predicted_noise_sd, 1, spread);
  EXPECT_LT(result.largest_noise, result.noise_bound);
  EXPECT_GT(result.polynomial_error, 1e-3) << "a rectifier is no polynomial";
  EXPECT_LE(1 - result.agreement, result.polynomial_flips + result.noise_flips + 1e-12);
  EXPECT_LE(result.noise_flips, result.could_flip) << "a label within the bound alone can flip";
  EXPECT_FALSE(result.labelled);
}

TEST_F(CheckPlan, CountsRightLabels) {
  for (const auto& input : request_.check.inputs) {
    const auto scores = graph::interpret(make_.graph, input);
    request_.check.labels.push_back(static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  }
  Check result = check();
  EXPECT_TRUE(result.labelled);
  EXPECT_NEAR(result.float_right, 1, 1e-9);
  EXPECT_NEAR(result.right, result.agreement, 1e-9) << "the float network is always right here";
  for (int& label : request_.check.labels) label = (label + 1) % 3;
  result = check();
  EXPECT_EQ(result.float_right, 0);
  EXPECT_NEAR(result.right, 0, 1 - result.agreement + 1e-9);
  EXPECT_NE(to_text(result).find("have the right label; of the float network 0.00 %"), std::string::npos);
}

TEST_F(CheckPlan, WarnsOfActivationsThatLeaveTheirRange) {
  request_.check.unseen = true;
  for (auto& input : request_.check.inputs) {
    for (double& x : input) x *= 8;
  }
  const Check result = check();
  EXPECT_EQ(result.out_of_range, kInputs);
  EXPECT_EQ(result.left, std::vector<std::string>{"relu"});
  EXPECT_NE(to_text(result).find("warning: 40 inputs left the calibrated range of the activations relu;"),
            std::string::npos);
  EXPECT_NE(to_text(result).find("checked with 40 unseen inputs"), std::string::npos);
}

TEST_F(CheckPlan, LargeErrorsFlipLabels) {
  const auto output = compile_graph(make_.graph, request_);
  ASSERT_TRUE(output) << output.error().message;
  std::vector<place::Gain> errors = output->errors;
  for (place::Gain& error : errors) error = {100, 0, 0, 0};
  const CheckedNetwork network{make_.graph, make_.graph, make_.graph, {}};
  const Check result =
      check_plan(network, {output->plan.program, output->plan.weights, errors}, request_.check, base::Parallel(2));
  // Scores of pure noise agree by chance, one in three.
  EXPECT_LT(result.agreement, 0.8);
  EXPECT_GT(result.noise_flips, 0.2);
  EXPECT_EQ(result.polynomial_flips, 0);
}

}  // namespace
}  // namespace obscura::compiler::compile
