#include "compiler/compile/stated_error.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "compiler/passes/graph_maker.hpp"
#include "compiler/passes/runner.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

class StatedError : public ::testing::Test {
 protected:
  StatedError() {
    make_.graph.outputs = {make_.dense(make_.flatten(make_.input({1, 4, 4}), "flat"), 3, "scores")};
    graph_ = passes::run_passes(make_.graph, passes::folding_passes(), {}).value().graph;
    for (int i = 0; i < 20; ++i) inputs_.push_back(make_.reals(16));
    plan_.emplace(choose_plan(graph_, inputs_, 0.01, options_).value());
  }

  [[nodiscard]] bool keeps() const {
    const auto params = plan::program::make_params(plan_->packed.program).value();
    return keeps_its_bound(graph_, *plan_, params, inputs_, options_.head_room, base::Parallel(2));
  }

  passes::GraphMaker make_{5};
  graph::Graph graph_;
  Inputs inputs_;
  CompileOptions options_;
  std::optional<ChosenPlan> plan_;
};

TEST_F(StatedError, IsKeptByAPlanThatIsChosen) {
  EXPECT_TRUE(keeps());
}

// With the errors in every value, which no clean run shows: without a second look at the plan both would be the same.
TEST_F(StatedError, IsOfValuesWithErrorsInThem) {
  const auto params = plan::program::make_params(plan_->packed.program).value();
  const place::ErrorModel model(plan_->packed.program, plan_->observation.calibration, params, options_.head_room);
  EXPECT_EQ(model.predict(place::scale_bits_of(plan_->packed.program, params)).log2_sd, plan_->primes.log2_sd);
  const Observation clean = observe(plan_->packed, inputs_, options_.sensitivity_inputs, base::Parallel(1));
  ASSERT_EQ(plan_->observation.calibration.magnitude.size(), clean.calibration.magnitude.size());
  EXPECT_NE(plan_->observation.calibration.magnitude, clean.calibration.magnitude);
}

// As if errors grew on their way to the scores as no prediction said.
TEST_F(StatedError, IsNotKeptWhereErrorsOutgrowTheirPrediction) {
  for (auto& gains : plan_->observation.samples) {
    for (place::Gain& gain : gains)
      gain = {gain.result * 1e-4, gain.weight * 1e-4, gain.baby * 1e-4, gain.relative * 1e-4};
  }
  EXPECT_FALSE(keeps()) << "gains are of variances: a bound 100 times smaller is 0.15 standard deviations";
}

}  // namespace
}  // namespace obscura::compiler::compile
