#include "plan/program/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan/program/leading_layer.hpp"
#include "plan/program/testing/random_program.hpp"
#include "plan/program/testing/wide_program.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

/// Shards and their merge compute what the stage computes: encrypted, to the last residue.
namespace obscura::tests {
namespace {

using plan::program::CutStage;
using plan::program::Part;
using plan::program::Program;
using plan::program::StageParts;
using plan::weights::testing::with_drawn_weights;
using Ciphertexts = std::vector<ckks::Ciphertext>;

LoadedWeights weights_of(const Owner& owner, const Part& part) {
  Ciphertexts weights;
  for (const auto& run : part.weights) {
    for (int i = 0; i < run.count; ++i) weights.push_back(owner.weight(static_cast<std::size_t>(run.first + i)));
  }
  return LoadedWeights(std::move(weights));
}

Ciphertexts run(Owner& owner, const Part& part, const Ciphertexts& inputs) {
  LoadedWeights weights = weights_of(owner, part);
  const auto executor =
      runtime::exec::Executor::create(owner.engine().context(), part.program, owner.engine().keys()).value();
  return executor.run(inputs, weights).value();
}

Ciphertexts run(Owner& owner, const StageParts& stage, const Ciphertexts& inputs) {
  if (stage.shards.empty()) return run(owner, stage.last, inputs);
  Ciphertexts made;
  for (const Part& shard : stage.shards) {
    for (ckks::Ciphertext& value : run(owner, shard, inputs)) made.push_back(std::move(value));
  }
  return run(owner, stage.last, made);
}

void expect_same(const Ciphertexts& found, const Ciphertexts& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(same_words(found[i], expected[i])) << "result " << i;
}

StageParts split(const CutStage& stage, std::size_t shards) {
  return plan::program::shard(stage, shards).value();
}

TEST(Shards, OfWideLayersComputeTheSameCiphertexts) {
  for (const bool extended : {false, true}) {
    for (const bool rescale : {false, true}) {
      SCOPED_TRACE(extended);
      Owner owner(with_drawn_weights(plan::program::testing::wide_program({6, extended, rescale}), 3));
      const Program& whole = owner.plan().program;
      const Ciphertexts inputs = owner.encrypt(owner.draw_inputs(9));
      LoadedWeights weights = owner.loaded_weights();
      const auto executor =
          runtime::exec::Executor::create(owner.engine().context(), whole, owner.engine().keys()).value();
      const Ciphertexts expected = executor.run(inputs, weights).value();
      const CutStage stage = plan::program::cut(whole, {}, owner.plan().predicted_ms).value().front();
      const std::size_t most = plan::program::leading_layer(whole, 0, whole.instructions.size()).giants;
      for (std::size_t shards = 2; shards <= most; ++shards) {
        SCOPED_TRACE(shards);
        expect_same(run(owner, split(stage, shards), inputs), expected);
      }
    }
  }
}

TEST(Shards, OfStagesOfRandomProgramsComputeTheSameCiphertexts) {
  int splits = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Owner owner(with_drawn_weights(plan::program::testing::random_program(seed, {5, seed % 2 == 1}), seed), seed);
    const Program& whole = owner.plan().program;
    Ciphertexts values = owner.encrypt(owner.draw_inputs(seed));
    LoadedWeights weights = owner.loaded_weights();
    const auto executor =
        runtime::exec::Executor::create(owner.engine().context(), whole, owner.engine().keys()).value();
    const Ciphertexts expected = executor.run(values, weights).value();
    const std::size_t middle = 1 + random() % (whole.instructions.size() - 1);
    const auto stages = plan::program::cut(whole, std::vector{middle}, owner.plan().predicted_ms).value();
    for (const CutStage& stage : stages) {
      const std::size_t giants =
          plan::program::leading_layer(stage.program, 0, stage.program.instructions.size()).giants;
      splits += giants >= 2 ? 1 : 0;
      values = run(owner, giants >= 2 ? split(stage, giants) : plan::program::in_one_part(stage), values);
    }
    expect_same(values, expected);
  }
  EXPECT_GT(splits, 20) << "the programs no longer begin with linear layers";
}

}  // namespace
}  // namespace obscura::tests
