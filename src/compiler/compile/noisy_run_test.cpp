#include "compiler/compile/noisy_run.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/compile/compile.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/simulate/sensitivity.hpp"

// Drawn errors against the first-order prediction, which goes through the program the other way.

namespace obscura::compiler::compile {
namespace {

constexpr int kDraws = 250;

class NoisyRun : public ::testing::Test {
 protected:
  void SetUp() override {
    passes::GraphMaker make(11);
    auto x = make.flatten(make.input({1, 5, 5}), "flat");
    x = make.add(graph::Square{}, {make.dense(x, 9, "hidden")}, "square");
    make.graph.outputs = {make.dense(x, 3, "scores")};
    CompileRequest request;
    request.input.height = request.input.width = 5;
    for (int i = 0; i < 3; ++i) request.calibration.push_back(make.reals(25));
    request.options.most_flips = 1;
    auto output = compile_graph(make.graph, request);
    ASSERT_TRUE(output) << output.error().message;
    output_ = std::move(*output);
    input_ = request.calibration.front();
  }

  // Variance of score 1 that the gains predict.
  [[nodiscard]] double predicted(const std::vector<place::Gain>& errors) const {
    const auto& program = output_.plan.program;
    const auto trace = simulate::execute(program, output_.plan.weights, simulate::pack_input(program, input_), {});
    const auto gains = simulate::sensitivity(program, output_.plan.weights, trace, {0, 1, 0});
    double sum = 0;
    for (std::size_t i = 0; i < gains.size(); ++i) {
      sum += gains[i].result * errors[i].result + gains[i].weight * errors[i].weight + gains[i].baby * errors[i].baby +
             gains[i].relative * errors[i].relative;
    }
    return sum;
  }

  [[nodiscard]] double measured(const std::vector<place::Gain>& errors) const {
    std::mt19937_64 random(5);
    const auto& plan = output_.plan;
    const auto exact = simulate::read_scores(
        plan.program, simulate::execute(plan.program, plan.weights, simulate::pack_input(plan.program, input_), {}));
    double sum = 0;
    for (int n = 0; n < kDraws; ++n) {
      const double error = noisy_scores(plan.program, plan.weights, errors, {&input_, 1}, random)[0][1] - exact[1];
      sum += error * error;
    }
    return sum / kDraws;
  }

  // The sample variance of `kDraws` numbers is off by sqrt(2 / kDraws) of itself; five of those.
  void expect_prediction(const std::vector<place::Gain>& errors) const {
    const double expected = predicted(errors);
    ASSERT_GT(expected, 0);
    EXPECT_NEAR(measured(errors) / expected, 1, 5 * std::sqrt(2.0 / kDraws));
  }

  CompileOutput output_;
  std::vector<double> input_;
};

TEST_F(NoisyRun, EachKindOfErrorAloneHasThePredictedVariance) {
  const std::size_t count = output_.plan.program.instructions.size();
  for (const place::Gain& kind : {place::Gain{1e-8, 0, 0, 0}, place::Gain{0, 1e-8, 0, 0}, place::Gain{0, 0, 1e-8, 0},
                                  place::Gain{0, 0, 0, 1e-8}}) {
    SCOPED_TRACE(::testing::Message() << kind.result << " " << kind.weight << " " << kind.baby);
    expect_prediction(std::vector<place::Gain>(count, kind));
  }
}

TEST_F(NoisyRun, ErrorsOfTheModelHaveThePredictedVariance) {
  expect_prediction(output_.errors);
}

TEST_F(NoisyRun, WithoutErrorsTheScoresAreExact) {
  const std::vector<place::Gain> none(output_.plan.program.instructions.size());
  EXPECT_EQ(measured(none), 0);
}

}  // namespace
}  // namespace obscura::compiler::compile
