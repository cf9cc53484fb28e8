#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "compiler/compile/compile.hpp"
#include "compiler/compile/noisy_run.hpp"
#include "compiler/passes/graph_maker.hpp"

// A pass that is left out must not change the answers, and must not make the program cheaper: else it would be no use.
// A pass without which no program can be made is refused with a sentence about what is left.

namespace obscura::compiler::compile {
namespace {

using graph::ValueId;
using passes::GraphMaker;

constexpr int kSide = 4;
constexpr std::size_t kInputs = 60;

struct Network {
  graph::Graph graph;
  CompileRequest request;
};

Network finish(GraphMaker& make, ValueId x) {
  Network network;
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 3, "scores")};
  network.graph = make.graph;
  network.request.input.height = network.request.input.width = kSide;
  for (std::size_t i = 0; i < kInputs; ++i) network.request.calibration.push_back(make.reals(kSide * kSide));
  // Random networks have no margins to speak of; their scores' range decides.
  network.request.options.most_flips = 1;
  network.request.options.fit.most_flips = 1;
  network.request.options.sensitivity_inputs = 2;
  network.request.check = {{network.request.calibration.begin(), network.request.calibration.begin() + 20}};
  return network;
}

ValueId normalised(GraphMaker& make, ValueId x, const std::string& name) {
  return make.add(graph::Affine{{0.3, -0.2}, {0.1, 0.2}}, {x}, name);
}

// x Sigmoid(x) written out, behind a normalisation.
Network gated() {
  GraphMaker make(3);
  ValueId x = normalised(make, make.conv(make.input({1, kSide, kSide}), 2, 3, "conv", {1, 1}, {1, 1, 1, 1}), "norm");
  const ValueId gate = make.add(graph::Activation{graph::ActivationKind::kSigmoid}, {x}, "gate");
  x = make.add(graph::Multiply{}, {x, gate}, "silu");
  make.add(graph::Square{}, {gate}, "unused");
  return finish(make, x);
}

// (x + 1) x / 4 written out, then the largest of pairs.
Network pooled() {
  GraphMaker make(4);
  ValueId x = normalised(make, make.conv(make.input({1, kSide, kSide}), 2, 3, "conv", {1, 1}, {1, 1, 1, 1}), "norm");
  const ValueId more = make.add(graph::Affine{{0.25}, {0.25}}, {x}, "more");
  x = make.add(graph::Multiply{}, {x, more}, "product");
  x = make.add(graph::MaxPool{{1, 2}, {1, 2}}, {x}, "pool");
  return finish(make, x);
}

// Two blocks of a quadratic, a convolution and a skip around both.
Network residual() {
  GraphMaker make(5);
  ValueId x = make.conv(make.input({1, kSide, kSide}), 2, 3, "stem", {1, 1}, {1, 1, 1, 1});
  for (const char* block : {"1", "2"}) {
    ValueId y = make.add(graph::Quadratic{{0.05, 0.04}, {0.2, 0.1}, {0.3, -0.1}}, {x}, std::string("quad") + block);
    y = make.conv(y, 2, 3, std::string("conv") + block, {1, 1}, {1, 1, 1, 1});
    x = make.add(graph::Add{}, {x, y}, std::string("sum") + block);
  }
  return finish(make, make.add(graph::Quadratic{{0.05, 0.05}, {0.1, 0.2}, {0.0, 0.1}}, {x}, "quad3"));
}

std::vector<double> scores(const CompileOutput& output, const std::vector<double>& input) {
  std::mt19937_64 random(1);
  const std::vector<place::Gain> none(output.errors.size());
  return noisy_scores(output.plan.program, output.plan.weights, none, {&input, 1}, random).front();
}

enum class Fate {
  kSame,              ///< up to the rounding of doubles: what is fitted stays
  kOtherPolynomials,  ///< what is fitted is another function of the same network
  kRefused
};

// By how much the scores of two programs may differ. Of n inputs none is further off than the root of n times their
// rms.
double tolerance(Fate fate, const CompileOutput& a, const CompileOutput& b) {
  double most = 1e-6 * a.plan.program.error.score_maximum;
  if (fate == Fate::kOtherPolynomials) {
    const double rms = a.report.check->polynomial_error + b.report.check->polynomial_error;
    most += std::sqrt(static_cast<double>(a.report.check->inputs)) * rms;
  }
  return most;
}

void check(const Network& network, const std::map<std::string, Fate>& fates) {
  const auto whole = compile_graph(network.graph, network.request);
  ASSERT_TRUE(whole) << whole.error().message;
  for (const auto& [pass, fate] : fates) {
    SCOPED_TRACE(pass);
    CompileRequest request = network.request;
    request.options.skip_passes = {pass};
    const auto without = compile_graph(network.graph, request);
    ASSERT_EQ(without.has_value(), fate != Fate::kRefused) << (without ? "" : without.error().message);
    if (!without) {
      EXPECT_EQ(without.error().code, base::ErrorCode::kUnsupported);
      continue;
    }
    EXPECT_GE(without->report.latency_ms, whole->report.latency_ms * (1 - 1e-9));
    for (const std::vector<double>& input : network.request.check.inputs) {
      const auto a = scores(*whole, input);
      const auto b = scores(*without, input);
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance(fate, *whole, *without));
    }
  }
}

TEST(SkipPasses, GatedActivation) {
  check(gated(), {{"match_activations", Fate::kOtherPolynomials},
                  {"match_polynomials", Fate::kSame},
                  {"remove_unused", Fate::kSame},
                  {"balance_scales", Fate::kSame},
                  {"complete_square", Fate::kSame},
                  {"fit_activations", Fate::kRefused},
                  {"fuse_linear", Fate::kRefused}});
}

TEST(SkipPasses, SlowProductAndPool) {
  check(pooled(), {{"match_polynomials", Fate::kSame},
                   {"complete_square", Fate::kRefused},
                   {"approximate_maxpool", Fate::kRefused},
                   {"fuse_linear", Fate::kRefused}});
}

TEST(SkipPasses, SlowResidual) {
  check(residual(),
        {{"balance_scales", Fate::kSame}, {"fold_affine", Fate::kSame}, {"complete_square", Fate::kRefused}});
}

}  // namespace
}  // namespace obscura::compiler::compile
