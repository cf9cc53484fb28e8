#include "plan/program/cut.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/simulate/execute.hpp"
#include "plan/program/testing/random_program.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

/// Stages one after the other compute what the program computes: in the clear to the last bit of every double, and
/// encrypted to the last residue.
namespace obscura::tests {
namespace {

using plan::program::CutStage;
using plan::program::Program;
using plan::weights::testing::with_drawn_weights;
namespace simulate = compiler::simulate;

/// One to four cuts anywhere.
std::vector<std::size_t> draw_cuts(const Program& program, std::mt19937_64& random) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 1; i < program.instructions.size(); ++i) positions.push_back(i);
  std::shuffle(positions.begin(), positions.end(), random);
  positions.resize(1 + random() % 4);
  std::sort(positions.begin(), positions.end());
  return positions;
}

std::vector<Slots> results_of(const Program& program, const simulate::Trace& trace) {
  std::vector<Slots> results;
  for (const auto id : program.results) results.push_back(trace[static_cast<std::size_t>(id.value())]);
  return results;
}

plan::weights::Weights weights_of(const plan::weights::Plan& plan, const CutStage& stage) {
  const auto first = plan.weights.values.begin() + stage.first_weight;
  return {{first, first + static_cast<std::ptrdiff_t>(stage.program.weights.size())}};
}

TEST(CutPrograms, SimulateToTheSameDoubles) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto plan = with_drawn_weights(plan::program::testing::random_program(seed), seed);
    std::vector<Slots> values;
    for (int i = 0; i < plan.program.input_packing.ciphertexts; ++i) values.push_back(random_slots(16, random));
    const auto expected =
        results_of(plan.program, simulate::execute(plan.program, plan.weights, values, simulate::Tamper{}));
    const auto stages = plan::program::cut(plan.program, draw_cuts(plan.program, random), plan.predicted_ms).value();
    ASSERT_GE(stages.size(), 2u);
    for (const CutStage& stage : stages) {
      values = results_of(stage.program, simulate::execute(stage.program, weights_of(plan, stage), values, {}));
    }
    EXPECT_EQ(values, expected);
  }
}

LoadedWeights encrypted_weights_of(const Owner& owner, const CutStage& stage) {
  std::vector<ckks::Ciphertext> weights;
  for (std::size_t i = 0; i < stage.program.weights.size(); ++i) {
    weights.push_back(owner.weight(static_cast<std::size_t>(stage.first_weight) + i));
  }
  return LoadedWeights(std::move(weights));
}

TEST(CutPrograms, ComputeTheSameCiphertexts) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const bool extended = seed % 2 == 1;
    Owner owner(with_drawn_weights(plan::program::testing::random_program(seed, {5, extended}), seed), seed);
    const Program& whole = owner.plan().program;
    std::vector<ckks::Ciphertext> values = owner.encrypt(owner.draw_inputs(seed));
    LoadedWeights weights = owner.loaded_weights();
    const auto executor =
        runtime::exec::Executor::create(owner.engine().context(), whole, owner.engine().keys()).value();
    const auto expected = executor.run(values, weights).value();
    const auto stages = plan::program::cut(whole, draw_cuts(whole, random), owner.plan().predicted_ms).value();
    for (const CutStage& stage : stages) {
      LoadedWeights of_stage = encrypted_weights_of(owner, stage);
      const auto part =
          runtime::exec::Executor::create(owner.engine().context(), stage.program, owner.engine().keys()).value();
      values = part.run(values, of_stage).value();
    }
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(same_words(values[i], expected[i])) << "result " << i;
  }
}

}  // namespace
}  // namespace obscura::tests
