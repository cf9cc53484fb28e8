// The error prediction against noisy runs of the slot simulator.
#include "compiler/compile/observe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>

#include "compiler/compile/choose_plan.hpp"
#include "compiler/compile/reference.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/graph/testing/matrix_chain.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::compile {
namespace {

graph::SparseMatrix dense(int rows, int cols, std::mt19937_64& random) {
  std::normal_distribution<double> weight(0, 1 / std::sqrt(cols));
  graph::SparseMatrix matrix{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols), {0}, {}, {}, {}};
  for (int i = 0; i < rows * cols; ++i) {
    matrix.col.push_back(static_cast<std::uint32_t>(i % cols));
    matrix.value.push_back(weight(random));
    if (i % cols == cols - 1) matrix.row_ptr.push_back(matrix.col.size());
  }
  matrix.bias.assign(matrix.rows, 0.25);
  return matrix;
}

graph::Graph small_chain(std::mt19937_64& random) {
  return graph::testing::matrix_chain({{1, 4, 4}}, {dense(12, 16, random), dense(3, 12, random)});
}

Inputs random_inputs(std::size_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<double> pixel(0, 1);
  Inputs inputs(count, std::vector<double>(16));
  for (auto& input : inputs) {
    for (double& x : input) x = pixel(random);
  }
  return inputs;
}

simulate::Slots noise(std::size_t count, double variance, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0, std::sqrt(variance));
  simulate::Slots slots(count);
  for (auto& x : slots) x = {normal(random), normal(random)};
  return slots;
}

void add(const simulate::Slots& from, simulate::Slots& to) {
  for (std::size_t s = 0; s < to.size(); ++s) to[s] += from[s];
}

// Errors of baby steps cannot be injected from outside: they are left out of the prediction, too.
TEST(Observe, PredictedErrorsAreThoseOfNoisyRuns) {
  std::mt19937_64 random(31);
  const graph::Graph chain = small_chain(random);
  const Inputs inputs = random_inputs(1, random);
  CompileOptions options;
  options.most_log_n = 12;
  const auto plan = choose_plan(chain, inputs, 1.0, options);
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  const auto& program = plan->packed.program;
  const auto& gains = plan->observation.calibration.gains;
  std::vector<place::Gain> sources(program.instructions.size());
  for (std::size_t i = 0; i < sources.size(); ++i) sources[i] = {1e-8 * static_cast<double>(1 + i), 2e-8, 0};

  const auto packed_input = simulate::pack_input(program, inputs.front());
  const auto exact = graph::interpret(chain, inputs.front());
  std::vector<double> squares(exact.size());
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    plan::weights::Weights weights = plan->packed.weights;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (!std::holds_alternative<plan::program::Linear>(program.instructions[i].operation)) continue;
      for (const auto id : plan::program::weights_of(program.instructions[i].operation)) {
        auto& values = weights.values[static_cast<std::size_t>(id.value())];
        add(noise(values.size(), sources[i].weight, random), values);
      }
    }
    const auto trace =
        simulate::execute(program, weights, packed_input, [&](plan::program::ValueId id, simulate::Slots& slots) {
          add(noise(slots.size(), sources[static_cast<std::size_t>(id.value())].result, random), slots);
        });
    const auto scores = simulate::read_scores(program, trace);
    for (std::size_t j = 0; j < scores.size(); ++j) squares[j] += std::pow(scores[j] - exact[j], 2) / kTrials;
  }
  for (std::size_t j = 0; j < squares.size(); ++j) {
    double predicted = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const bool linear = std::holds_alternative<plan::program::Linear>(program.instructions[i].operation);
      predicted += gains[j][i].result * sources[i].result + (linear ? gains[j][i].weight * sources[i].weight : 0);
    }
    EXPECT_NEAR(std::sqrt(squares[j] / predicted), 1, 0.15) << j;  // four standard errors of an sd over 400 runs
  }
}

TEST(Observe, FindsPackingsThatComputeSomethingElse) {
  std::mt19937_64 random(32);
  const graph::Graph chain = small_chain(random);
  const Inputs inputs = random_inputs(2, random);
  CompileOptions options;
  options.most_log_n = 12;
  auto plan = choose_plan(chain, inputs, 1.0, options);
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_TRUE(check_packing(chain, plan->packed, inputs).has_value());
  // Claims more than is there: one score where another one stands.
  pack::PackedTensor& scores = plan->packed.tensors.back();
  auto element = scores.layout->element();
  std::swap(element[0][static_cast<std::size_t>(scores.layout->place()[0].slot)],
            element[0][static_cast<std::size_t>(scores.layout->place()[1].slot)]);
  scores.layout = std::make_shared<const pack::TensorLayout>(3, element, "wrong");
  const auto refused = check_packing(chain, plan->packed, inputs);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("layer 3 'layer'"), std::string::npos);
}

TEST(Reference, EvaluatesTheModelFile) {
  const auto reference = Reference::open(std::string(OBSCURA_SOURCE_DIR) + "/models/mnist_cryptonets/model.onnx");
  ASSERT_TRUE(reference.has_value()) << reference.error().message;
  ASSERT_EQ(reference->input_dims().size(), 3u);
  const auto scores = reference->scores(std::vector<float>(784, 0.5f));
  ASSERT_TRUE(scores.has_value());
  EXPECT_EQ(scores->size(), 10u);
  EXPECT_EQ(reference->scores(std::vector<float>(783)).error().code, base::ErrorCode::kMismatch);
  EXPECT_EQ(Reference::open("missing.onnx").error().code, base::ErrorCode::kNotFound);
}

/// Slot 1 is nobody's: what stands there is 0 times a large number, and has weight 0 in the score.
struct JunkProduct {
  static constexpr double kLarge = 1e4;
  pack::PackedNetwork packed;
  std::size_t masked;  // the instruction that makes the 0
  std::size_t score;

  std::size_t add(plan::program::Operation operation) {
    auto& instructions = packed.program.instructions;
    instructions.push_back({std::move(operation), fhe::params::Level(0), plan::program::Scale(), 0});
    return instructions.size() - 1;
  }
  plan::program::Term term(int baby, std::vector<std::complex<double>> values) {
    packed.program.weights.push_back({fhe::params::Level(0), plan::program::Scale(), false});
    packed.weights.values.push_back(std::move(values));
    return {0, fhe::params::RotationStep(baby),
            plan::program::WeightId(static_cast<int>(packed.weights.values.size()) - 1)};
  }

  JunkProduct() {
    using namespace plan::program;
    const auto id = [](std::size_t i) { return ValueId(static_cast<int>(i)); };
    packed.program.params.log_n = 3;
    packed.program.input_packing.ciphertexts = 1;
    packed.program.input_packing.element = {0, -1, -1, -1, -1, -1, -1, -1};
    const auto x = id(add(Input{0}));
    masked = add(Linear{{x}, {{RotationStep(0), {term(0, {1, 0, 0, 0})}}}, false, false});
    const Term junk = term(0, {1, kLarge, 0, 0});
    const auto large = id(add(AddBias{x, junk.weight}));
    const auto product = id(add(Multiply{id(masked), large}));
    score = add(Linear{{product}, {{RotationStep(0), {term(0, {1, 0, 0, 0}), term(1, {0, 0, 0, 0})}}}, false, false});
    packed.program.results = {id(score)};
    packed.program.outputs = {{"scores", {{0, 0}}, 1.0, Finish::kNone}};
  }
};

TEST(Observe, SeesProductsOfErrorsInSlotsThatNobodyReads) {
  JunkProduct junk;
  const Inputs inputs(64, {0.0});
  const base::Parallel parallel(1);
  const auto clean = observe(junk.packed, inputs, inputs.size(), parallel);
  EXPECT_EQ(clean.calibration.gains[0][junk.score].weight, 0);
  EXPECT_LE(clean.calibration.magnitude[junk.score], 1);

  std::vector<place::Gain> errors(junk.packed.program.instructions.size());
  constexpr double kVariance = 1e-6;
  errors[junk.masked].result = kVariance;
  const auto noisy = observe(junk.packed, inputs, inputs.size(), parallel, errors);
  // |error|^2 has the mean 2 kVariance and is exponentially distributed: a mean of 64 has a deviation of 1/8 of it.
  // Slot 0 adds the same without the large factor.
  EXPECT_NEAR(
      noisy.calibration.gains[0][junk.score].weight / (2 * kVariance * JunkProduct::kLarge * JunkProduct::kLarge), 1,
      5.0 / 8);
}

}  // namespace
}  // namespace obscura::compiler::compile
