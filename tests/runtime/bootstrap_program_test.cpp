#include <gtest/gtest.h>

#include <map>

#include "base/trace.hpp"
#include "fhe/boot/bootstrap_keys.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/testing/deep_plan.hpp"
#include "runtime/clear/clear_weight_source.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"
#include "tests/runtime/reference.hpp"

/// A program deeper than its chain: bootstraps of different scales among its instructions.
namespace obscura::tests {
namespace {

using plan::program::testing::DeepOptions;
using plan::program::testing::kDeepRangeBits;
using plan::weights::testing::deep_plan;
using runtime::clear::ClearWeightSource;
using runtime::clear::Keep;
using runtime::exec::Executor;
namespace boot = fhe::boot;

constexpr std::uint64_t kSeed = 41;

params::BootstrapParams bootstrap_of(const plan::program::Program& p) {
  return params::BootstrapParams::create(plan::program::make_params(p).value(), *p.bootstrap).value();
}

Executor executor_of(Owner& owner) {
  return Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys()).value();
}

std::vector<Slots> inputs_of(const Owner& owner) {
  std::vector<Slots> inputs = owner.draw_inputs(kSeed);
  for (Slots& slots : inputs) {
    const auto period = std::size_t{1} << owner.plan().program.bootstrap->log_slots;
    for (std::size_t i = period; i < slots.size(); ++i) slots[i] = slots[i % period];
  }
  return inputs;
}

/// The bound of a bootstrap is 48 deviations of its noise. The root of the mean square is at most the prediction, which
/// takes every slot for the largest one, but not far below it.
void expect_as_predicted(const Slots& got, const Predicted& predicted) {
  double sum = 0;
  for (std::size_t i = 0; i < got.size(); ++i) sum += std::norm(got[i] - predicted.slots[i]);
  const double measured = std::sqrt(sum / (2 * static_cast<double>(got.size())));
  EXPECT_LT(largest_difference(got, predicted.slots), 48 * std::sqrt(2.0) * predicted.error_sd);
  EXPECT_LT(measured, 1.5 * predicted.error_sd);
  EXPECT_GT(measured, predicted.error_sd / 32);
}

void expect_as_predicted(Owner& owner, const std::vector<ckks::Ciphertext>& results, bool encrypted) {
  const auto predicted = Reference(owner.plan(), owner.engine().params(), encrypted).run(inputs_of(owner));
  ASSERT_EQ(results.size(), predicted.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    SCOPED_TRACE("result " + std::to_string(i));
    expect_as_predicted(owner.engine().decrypt(results[i]), predicted[i]);
  }
}

TEST(BootstrapProgram, NamesTheKeysOfTheEngineForAnyBootstrap) {
  for (const DeepOptions& options : {DeepOptions{}, DeepOptions{.log_slots = 7}, DeepOptions{.real = true}}) {
    plan::program::Program p = plan::program::testing::deep_program(options);
    p.bootstrap->baby_steps = options.real ? 3 : 4;
    p.instructions = {
        {plan::program::Input{0}, Level(3), Scale::power_of_two(33), 0},
        {plan::program::Bootstrap{plan::program::ValueId(0), 0, Level(3)}, Level(6), Scale::power_of_two(33), 0}};
    std::map<ckks::KeyId, Level> named;
    for (const auto& need : plan::program::derive_key_needs(p)) {
      named.emplace(runtime::keys::key_id_of(need, p.params.log_n), need.level);
    }
    EXPECT_EQ(named, boot::bootstrap_keys(bootstrap_of(p)));
  }
}

class BootstrapProgram : public ::testing::TestWithParam<DeepOptions> {};

TEST_P(BootstrapProgram, GivesWhatThePlanSaysWithEncryptedWeights) {
  Owner owner(deep_plan(GetParam()), kSeed);
  auto weights = owner.loaded_weights();
  expect_as_predicted(owner, executor_of(owner).run(owner.encrypt(inputs_of(owner)), weights).value(), true);
}

TEST_P(BootstrapProgram, GivesWhatThePlanSaysWithClearWeights) {
  Owner owner(deep_plan(GetParam()), kSeed);
  const Executor executor = executor_of(owner);
  const auto encrypted = owner.encrypt(inputs_of(owner));
  ClearWeightSource weights(owner.engine().encoder(), owner.plan().program, owner.plan().weights, Keep::kEncoded);
  const auto first = executor.run(encrypted, weights).value();
  expect_as_predicted(owner, first, false);
  const auto second = executor.run(encrypted, weights).value();
  EXPECT_TRUE(same_words(first.front(), second.front())) << "the second run differs";
}

TEST_P(BootstrapProgram, HoldsTheMatricesThatThePlanStates) {
  const plan::program::Program p = plan::program::testing::deep_program(GetParam());
  const Engine engine(plan::program::make_params(p).value(), kSeed);
  std::vector<boot::BootstrapScales> scales;
  for (const std::size_t i : {4u, 7u}) {
    scales.push_back({p.instructions[i - 1].scale, p.instructions[i].scale, kDeepRangeBits});
  }
  const boot::Bootstrapper bootstrapper(engine.context(), bootstrap_of(p), scales);
  const auto stated = plan::program::estimate_memory(p, engine.params()).bootstrap_matrix_bytes;
  EXPECT_EQ(static_cast<double>(stated), bootstrapper.diagonal_bytes());
}

/// Buffers come in classes that waste at most an eighth; encoding tables and scratch are small change. The estimate of
/// a bootstrap is an upper one, within half as much again.
TEST_P(BootstrapProgram, StaysWithinTheMemoryThatThePlanStates) {
  Owner owner(deep_plan(GetParam()), kSeed);
  auto& pool = owner.engine().ring().pool();
  auto weights = owner.loaded_weights();
  const auto encrypted = owner.encrypt(inputs_of(owner));
  const std::size_t before = pool.bytes_in_use();
  const std::size_t peak_before = pool.bytes_peak();
  const Executor executor = executor_of(owner);
  const auto results = executor.run(encrypted, weights).value();
  ASSERT_GT(pool.bytes_peak(), peak_before) << "the run is not what took most memory";
  const program::MemoryEstimate stated = program::estimate_memory(owner.plan().program, owner.engine().params());
  const std::uint64_t of_run = stated.ciphertext_bytes + stated.bootstrap_matrix_bytes;
  const std::size_t used = pool.bytes_peak() - before;
  EXPECT_LE(used, of_run + of_run / 8);
  EXPECT_GE(used, of_run - of_run / 3);
}

INSTANTIATE_TEST_SUITE_P(Slots, BootstrapProgram,
                         ::testing::Values(DeepOptions{}, DeepOptions{.real = true}, DeepOptions{.log_slots = 7},
                                           DeepOptions{.extended = false}));

TEST(BootstrapProgram, GivesTheSameWordsForAnyThreadsAndKernels) {
  std::vector<ckks::Ciphertext> results;
  for (const ckks::EngineOptions& options :
       {ckks::EngineOptions{1, ""}, ckks::EngineOptions{2, ""}, ckks::EngineOptions{1, "portable"}}) {
    Owner owner(deep_plan(), kSeed, options);
    auto weights = owner.loaded_weights();
    auto made = executor_of(owner).run(owner.encrypt(inputs_of(owner)), weights).value();
    results.push_back(std::move(made.front()));
    EXPECT_TRUE(same_words(results.front(), results.back()));
  }
}

TEST(BootstrapProgram, TracesThePhasesUnderTheInstruction) {
  Owner owner(deep_plan(), kSeed);
  auto weights = owner.loaded_weights();
  base::Trace trace;
  runtime::exec::ExecOptions options;
  options.trace = &trace;
  ASSERT_TRUE(executor_of(owner).run(owner.encrypt(inputs_of(owner)), weights, options).has_value());
  const std::vector<base::TraceEvent> events = trace.events();
  for (const char* instruction : {"conv1: bootstrap", "conv2: bootstrap"}) {
    const auto whole = std::ranges::find(events, instruction, &base::TraceEvent::name);
    ASSERT_NE(whole, events.end());
    std::map<std::string, int> within;
    for (const base::TraceEvent& event : events) {
      const bool during = event.start_ns >= whole->start_ns &&
                          event.start_ns + event.duration_ns <= whole->start_ns + whole->duration_ns;
      if (during) ++within[event.name];
    }
    EXPECT_EQ(within, (std::map<std::string, int>{{instruction, 1},
                                                  {"slots to coefficients", 3},
                                                  {"raise the modulus", 1},
                                                  {"coefficients to slots", 3},
                                                  {"conjugate", 1},
                                                  {"reduce modulo q_0", 1}}));
  }
}

TEST(BootstrapProgram, IsRefusedWithoutTheKeysOfEncapsulation) {
  Owner owner(deep_plan(), kSeed);
  Engine bare(plan::program::make_params(owner.plan().program).value(), kSeed);
  for (const auto& need : owner.plan().program.key_needs) {
    if (need.kind >= plan::program::KeyKind::kEncapsulate) continue;
    bare.add_key(runtime::keys::key_id_of(need, owner.plan().program.params.log_n), need.level);
  }
  const auto refused = Executor::create(bare.context(), owner.plan().program, bare.keys());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kMismatch);
  EXPECT_NE(refused.error().message.find("encapsulate level 0"), std::string::npos) << refused.error().message;
}

TEST(BootstrapProgram, IsRefusedBeyondTheMemoryBeforeItsMatricesAreMade) {
  Owner owner(deep_plan(), kSeed);
  const auto stated = plan::program::estimate_memory(owner.plan().program, owner.engine().params());
  const std::uint64_t total = stated.total_bytes(true);
  const auto create = [&](std::uint64_t bytes) {
    return Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys(), {bytes, true});
  };
  EXPECT_TRUE(create(total).has_value());
  const auto refused = create(total - 1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kLimit);
}

}  // namespace
}  // namespace obscura::tests
