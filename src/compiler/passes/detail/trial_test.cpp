#include "compiler/passes/detail/trial.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/graph/interpret.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes::detail {
namespace {

using graph::ValueId;
using Inputs = std::vector<std::vector<double>>;

TEST(Trial, EveryPushMeetsEveryGap) {
  Measured measured;
  measured.races = {{{{1.0, 4.0}, {2.0, 0.0}}, {{3.0, 3.5}, {-1.0, 5.0}}}};
  // 2 exceeds 1 but not 3; 5 exceeds 4 and 3.5.
  EXPECT_DOUBLE_EQ(measured.flip_estimate(), 3.0 / 4);
  measured.races[0][0].pushes[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_DOUBLE_EQ(measured.flip_estimate(), 1.0) << "what is no number wins nowhere";
  measured.races.push_back({{{1.0}, {0.5}}, {{0.25}, {0.0}}});
  EXPECT_DOUBLE_EQ(measured.flip_estimate(), 1.0 + 1.0 / 4) << "outputs add up";
}

Inputs some_inputs(GraphMaker& make, std::size_t count) {
  Inputs inputs;
  for (std::size_t i = 0; i < count; ++i) inputs.push_back(make.reals(8));
  return inputs;
}

std::size_t best(const std::vector<double>& scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

// Two dense layers with rectifiers: what 60 inputs let expect against what 6,000 others show, both by polynomials
// fitted on 60 more.
TEST(Trial, FewInputsTellWhatManyShow) {
  constexpr std::size_t kFew = 200;
  constexpr std::size_t kMany = 6000;
  GraphMaker make(7);
  ValueId x = make.input({8});
  x = make.add(graph::Activation{graph::ActivationKind::kRelu}, {make.dense(x, 16, "fc1")}, "relu");
  make.graph.outputs = {make.dense(x, 4, "fc2")};
  const Inputs fitted = some_inputs(make, kFew);
  const Inputs held = some_inputs(make, kFew);
  Inputs mixed;
  for (std::size_t i = 0; i < kFew; ++i) mixed.insert(mixed.end(), {held[i], fitted[i]});
  const Trial trial(make.graph, mixed, 0, 2, {});
  Inputs all = fitted;
  for (Inputs::value_type& input : some_inputs(make, kMany)) all.push_back(std::move(input));
  for (const std::size_t degree : {2U, 4U}) {
    FittingWalk walk = trial.start();
    walk.finish(std::vector<std::size_t>{degree});
    const double expected = trial.measure(walk).flip_estimate();
    FittingWalk others(make.graph, graph::Batch(all), kFew, fit::FitWeights{});
    others.finish(std::vector<std::size_t>{degree});
    std::size_t flips = 0;
    for (std::size_t s = kFew; s < all.size(); ++s) {
      const auto actual = others.value(make.graph.outputs[0]).sample(s);
      flips += best(graph::interpret(make.graph, all[s])) != best(actual) ? 1 : 0;
    }
    const double seen = static_cast<double>(flips) / kMany;
    // Shares of 4 % are 8 of 200, give or take 3: three of those are a factor of two.
    EXPECT_LT(std::abs(std::log2(expected / seen)), 1.0) << degree << ": " << expected << " against " << seen;
  }
}

}  // namespace
}  // namespace obscura::compiler::passes::detail
