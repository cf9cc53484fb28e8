#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "plan/program/schedule.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"
#include "tests/runtime/reference.hpp"

/// One linear layer with many operands and terms: what it needs of weights and memory.
namespace obscura::tests {
namespace {

using runtime::exec::Executor;
using runtime::exec::Weight;

struct Width {
  int operands;
  int babies;  ///< rotations of each operand, 0 among them
  int giants;
};

/// Sum over giants of rot(sum over operands and babies of w * rot(x)): operands * babies * giants weights.
plan::weights::Plan wide_plan(const Width& width, int log_n, bool extended) {
  program::Program p;
  p.params = {log_n, {45, 30, 30, 30}, {48}, params::Security::k128};
  p.insecure = true;
  p.input_spec.height = p.input_spec.width = 1;
  const auto slots = std::size_t{1} << (log_n - 1);
  p.input_packing = {width.operands, std::vector<std::int32_t>(static_cast<std::size_t>(width.operands) * 2 * slots)};
  p.stages = {{"wide", "linear"}};
  program::Linear linear{{}, {}, extended, true};
  for (int i = 0; i < width.operands; ++i) {
    p.instructions.push_back({program::Input{i}, Level(3), Scale::power_of_two(30), 0});
    linear.operands.emplace_back(i);
  }
  for (int giant = 0; giant < width.giants; ++giant) {
    auto& step = linear.steps.emplace_back(program::GiantStep{RotationStep(giant * width.babies), {}});
    for (int i = 0; i < width.operands * width.babies; ++i) {
      step.terms.push_back({i % width.operands, RotationStep(i / width.operands),
                            program::WeightId(static_cast<int>(p.weights.size()))});
      p.weights.push_back({Level(3), Scale::power_of_two(30), extended});
    }
  }
  const Scale product = Scale::power_of_two(60).divided_by_prime(params::PrimeIndex(3));
  p.instructions.push_back({std::move(linear), Level(2), product, 0});
  p.results = {program::ValueId(width.operands)};
  p.outputs = {{"scores", {{0, 0}}, 1.0, program::Finish::kNone}};
  p.key_needs = program::derive_key_needs(p);
  EXPECT_TRUE(program::verify(p).has_value());
  return plan::weights::testing::with_drawn_weights(std::move(p), 3);
}

/// Makes each weight when it is fetched, as a streamed model does.
class MadeWeights final : public runtime::exec::WeightSource {
 public:
  MadeWeights(const Owner& owner, std::size_t most) : owner_(&owner), most_(most) {}
  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] std::size_t most_held() const override { return most_; }
  [[nodiscard]] base::Result<Weight> fetch(program::WeightId id) override {
    const auto made = held_.emplace(id.value(), owner_->weight(static_cast<std::size_t>(id.value()))).first;
    most_seen = std::max(most_seen, held_.size());
    return Weight(&made->second);
  }
  void prefetch(std::span<const program::WeightId>) override {}
  void release(program::WeightId id) override { held_.erase(id.value()); }
  std::size_t most_seen = 0;

 private:
  const Owner* owner_;
  std::size_t most_;
  std::map<int, ckks::Ciphertext> held_;
};

class WideLinear : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Extended, WideLinear, ::testing::Bool());

TEST_P(WideLinear, GivesTheSameWordsFromStreamedWeightsAndHoldsFewOfThem) {
  Owner owner(wide_plan({3, 5, 4}, 6, GetParam()));
  const std::vector<Slots> inputs = owner.draw_inputs(9);
  const auto encrypted = owner.encrypt(inputs);
  const Executor executor =
      Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys()).value();
  MadeWeights all(owner, runtime::exec::kNoLimit);
  MadeWeights few(owner, program::kStreamedWeights);
  const auto expected = executor.run(encrypted, all).value();
  EXPECT_TRUE(same_words(executor.run(encrypted, few).value().front(), expected.front()));
  EXPECT_EQ(all.most_seen, 60u);
  EXPECT_EQ(few.most_seen, program::kStreamedWeights);
  const Predicted predicted = Reference(owner.plan(), owner.engine().params(), true).run(inputs).front();
  EXPECT_LT(largest_difference(owner.engine().decrypt(expected.front()), predicted.slots),
            8 * std::sqrt(2.0) * predicted.error_sd);
}

/// Buffers come in classes that waste at most an eighth; encoding tables and scratch are small change.
TEST_P(WideLinear, StaysWithinTheMemoryThatThePlanStates) {
  const plan::weights::Plan plan = wide_plan({4, 8, 6}, 11, GetParam());
  for (const bool streamed : {true, false}) {
    Owner owner(plan);
    auto& pool = owner.engine().ring().pool();
    const auto encrypted = owner.encrypt(owner.draw_inputs(9));
    const Executor executor = Executor::create(owner.engine().context(), plan.program, owner.engine().keys()).value();
    MadeWeights weights(owner, streamed ? program::kStreamedWeights : runtime::exec::kNoLimit);
    const std::size_t before = pool.bytes_in_use();
    const std::size_t peak_before = pool.bytes_peak();
    const auto result = executor.run(encrypted, weights).value();
    ASSERT_GT(pool.bytes_peak(), peak_before) << "the run is not what took most memory";
    const program::MemoryEstimate stated = program::estimate_memory(plan.program, owner.engine().params());
    const std::uint64_t inputs = 4 * program::ciphertext_bytes(owner.engine().params(), Level(3));
    const std::uint64_t of_run = stated.total_bytes(streamed) - stated.evaluation_key_bytes - inputs;
    const std::size_t used = pool.bytes_peak() - before;
    EXPECT_LE(used, of_run + of_run / 8);
    EXPECT_EQ(used < stated.weight_bytes, streamed);
  }
}

}  // namespace
}  // namespace obscura::tests
