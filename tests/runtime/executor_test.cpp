#include "runtime/exec/executor.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "plan/program/print.hpp"
#include "plan/program/schedule.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "runtime/clear/clear_weight_source.hpp"
#include "tests/runtime/owner.hpp"
#include "tests/runtime/reference.hpp"

namespace obscura::tests {
namespace {

using plan::weights::testing::tiny_plan;
using runtime::clear::ClearWeightSource;
using runtime::clear::Keep;
using runtime::exec::Executor;

Executor make_executor(Owner& owner) {
  return Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys()).value();
}

double root_mean_square(const Slots& a, const Slots& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::norm(a[i] - b[i]);
  return std::sqrt(sum / (2 * static_cast<double>(a.size())));
}

void expect_as_predicted(const Slots& measured, const Predicted& predicted) {
  EXPECT_LT(largest_difference(measured, predicted.slots), 8 * std::sqrt(2.0) * predicted.error_sd);
  // The prediction takes every slot for the largest one, so it may be above the truth, but not far.
  EXPECT_GT(root_mean_square(measured, predicted.slots), predicted.error_sd / 32);
}

void expect_as_predicted(Owner& owner, const std::vector<ckks::Ciphertext>& results,
                         const std::vector<Predicted>& predicted) {
  ASSERT_EQ(results.size(), predicted.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    SCOPED_TRACE("result " + std::to_string(i));
    expect_as_predicted(owner.engine().decrypt(results[i]), predicted[i]);
  }
}

bool same_words(const std::vector<ckks::Ciphertext>& a, const std::vector<ckks::Ciphertext>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return tests::same_words(x, y); });
}

/// A chain, and a network with branches.
enum class Shape { kTiny, kBranched };

plan::weights::Plan plan_of(Shape shape, const program::testing::TinyOptions& options) {
  return shape == Shape::kTiny ? tiny_plan(options) : plan::weights::testing::branched_plan(options);
}

class ExecutorAnswers : public ::testing::TestWithParam<std::tuple<int, bool, Shape, int>> {
 protected:
  static constexpr std::uint64_t kSeed = 11;
  Owner owner_{plan_of(std::get<2>(GetParam()), {std::get<0>(GetParam()), std::get<1>(GetParam())}), kSeed,
               ckks::EngineOptions{std::get<3>(GetParam()), ""}};
};

TEST_P(ExecutorAnswers, AreThoseOfTheReferenceWithEncryptedWeights) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const std::vector<Slots> inputs = owner_.draw_inputs(kSeed);
  const std::vector<ckks::Ciphertext> encrypted = owner_.encrypt(inputs);
  auto weights = owner_.loaded_weights();
  const auto answer = make_executor(owner_).run(encrypted, weights);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const std::vector<Predicted> predicted = Reference(owner_.plan(), owner_.engine().params(), true).run(inputs);
  expect_as_predicted(owner_, *answer, predicted);
}

TEST_P(ExecutorAnswers, AreThoseOfTheReferenceWithClearWeights) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const std::vector<Slots> inputs = owner_.draw_inputs(kSeed);
  const std::vector<ckks::Ciphertext> encrypted = owner_.encrypt(inputs);
  const std::vector<Predicted> predicted = Reference(owner_.plan(), owner_.engine().params(), false).run(inputs);
  const Executor executor = make_executor(owner_);
  for (const Keep keep : {Keep::kEncoded, Keep::kCoefficients}) {
    ClearWeightSource weights(owner_.engine().encoder(), owner_.plan().program, owner_.plan().weights, keep);
    const auto degree = static_cast<std::uint64_t>(owner_.engine().params().degree());
    const std::uint64_t words = keep == Keep::kCoefficients ? degree * owner_.plan().program.weights.size() : 0;
    EXPECT_LE(weights.coefficient_bytes(), words * 6) << "scales of 30 to 45 bits";
    EXPECT_GE(weights.coefficient_bytes(), words * 2);
    const auto first = executor.run(encrypted, weights);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    expect_as_predicted(owner_, *first, predicted);
    EXPECT_TRUE(same_words(*first, executor.run(encrypted, weights).value())) << "the second run differs";
  }
}

INSTANTIATE_TEST_SUITE_P(Rings, ExecutorAnswers,
                         ::testing::Combine(::testing::Values(5, 8), ::testing::Bool(),
                                            ::testing::Values(Shape::kTiny, Shape::kBranched),
                                            ::testing::Values(1, 2)));

TEST(Executor, GivesTheSameWordsForAnyThreadsAndKernels) {
  for (const auto& [extended, shape] : {std::pair(false, Shape::kTiny), std::pair(true, Shape::kTiny),
                                        std::pair(false, Shape::kBranched), std::pair(true, Shape::kBranched)}) {
    std::vector<std::vector<std::uint64_t>> words;
    for (const ckks::EngineOptions& options :
         {ckks::EngineOptions{1, ""}, ckks::EngineOptions{2, ""}, ckks::EngineOptions{1, "portable"}}) {
      Owner owner(plan_of(shape, {8, extended}), 5, options);
      const auto encrypted = owner.encrypt(owner.draw_inputs(5));
      auto weights = owner.loaded_weights();
      const auto results = make_executor(owner).run(encrypted, weights).value();
      auto& all = words.emplace_back();
      for (const auto& answer : results) {
        all.insert(all.end(), answer.c0().words().begin(), answer.c0().words().end());
        all.insert(all.end(), answer.c1().words().begin(), answer.c1().words().end());
      }
    }
    EXPECT_EQ(words[0], words[1]) << "one and two threads differ";
    EXPECT_EQ(words[0], words[2]) << "the best kernels and the portable ones differ";
  }
}

TEST(Executor, ReportsProgressAndTracesEveryInstruction) {
  Owner owner(tiny_plan());
  const auto encrypted = owner.encrypt(owner.draw_inputs(3));
  auto weights = owner.loaded_weights();
  base::Trace trace;
  std::vector<std::string> names;
  std::vector<double> shares = {0};
  runtime::exec::ExecOptions options;
  options.trace = &trace;
  options.progress = [&](const runtime::exec::Progress& progress) {
    EXPECT_EQ(progress.instruction, static_cast<int>(names.size()));
    EXPECT_EQ(progress.instructions, 10);
    EXPECT_EQ(progress.stages, 3);
    EXPECT_GE(progress.share, shares.back());
    EXPECT_LT(progress.share, 1);
    names.emplace_back(progress.name);
    shares.push_back(progress.share);
  };
  ASSERT_TRUE(make_executor(owner).run(encrypted, weights, options).has_value());
  ASSERT_EQ(names.size(), 10u);
  EXPECT_EQ(names.front(), "conv1");
  EXPECT_EQ(names.back(), "dense1");
  const auto events = trace.events();
  ASSERT_EQ(events.size(), 10u);
  EXPECT_EQ(events[2].name, "conv1: linear");
  EXPECT_EQ(events[4].name, "square1: square");
}

TEST(Executor, AsksBeforeEachInstructionAndEachWeightWhetherToGoOn) {
  Owner owner(tiny_plan());
  auto weights = owner.loaded_weights();
  const auto encrypted = owner.encrypt(owner.draw_inputs(1));
  for (const int at : {1, 2, 3, 4, 7}) {
    int asked = 0;
    runtime::exec::ExecOptions options;
    options.keep_going = [&] { return ++asked < at; };
    const auto answer = make_executor(owner).run(encrypted, weights, options);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, base::ErrorCode::kCancelled);
    EXPECT_EQ(asked, at);
  }
  int asked = 0;
  runtime::exec::ExecOptions options;
  options.keep_going = [&] { return ++asked > 0; };
  ASSERT_TRUE(make_executor(owner).run(encrypted, weights, options).has_value());
  EXPECT_EQ(static_cast<std::size_t>(asked),
            owner.plan().program.instructions.size() + owner.plan().program.weights.size());
}

/// Watches how an executor asks for its weights, and can be told to fail.
class WatchedWeights final : public runtime::exec::WeightSource {
 public:
  explicit WatchedWeights(LoadedWeights weights) : weights_(std::move(weights)) {}
  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] std::size_t most_held() const override { return most; }
  [[nodiscard]] base::Result<runtime::exec::Weight> fetch(program::WeightId id) override {
    EXPECT_TRUE(prefetched_.contains(id)) << "weight " << id.value() << " was not announced";
    fetched.push_back(id.value());
    EXPECT_LE(fetched.size() - released.size(), most);
    if (id.value() == failing) return base::fail(base::ErrorCode::kCorrupt, "chunk 6 is damaged");
    return weights_.fetch(id);
  }
  void prefetch(std::span<const program::WeightId> ids) override {
    EXPECT_LE(ids.size(), most);
    prefetched_.insert(ids.begin(), ids.end());
  }
  void release(program::WeightId id) override { released.push_back(id.value()); }

  std::vector<int> fetched;
  std::vector<int> released;
  int failing = -1;
  std::size_t most = runtime::exec::kNoLimit;

 private:
  LoadedWeights weights_;
  std::set<program::WeightId> prefetched_;
};

TEST(Executor, AsksForWeightsInTheOrderOfUseAndGivesThemBack) {
  Owner owner(tiny_plan());
  const auto encrypted = owner.encrypt(owner.draw_inputs(3));
  const std::vector<int> order = {0, 1, 2, 3, 4, 5, 6, 7};
  for (const std::size_t most : {std::size_t{1}, std::size_t{3}, runtime::exec::kNoLimit}) {
    WatchedWeights weights(owner.loaded_weights());
    weights.most = most;
    ASSERT_TRUE(make_executor(owner).run(encrypted, weights).has_value());
    EXPECT_EQ(weights.fetched, order);
    EXPECT_EQ(weights.released, order);
  }
}

TEST(Executor, GivesTheSameWordsHoweverFewWeightsItHolds) {
  for (const bool extended : {false, true}) {
    Owner owner(plan_of(Shape::kBranched, {8, extended}));
    const auto encrypted = owner.encrypt(owner.draw_inputs(3));
    const Executor executor = make_executor(owner);
    WatchedWeights all(owner.loaded_weights());
    const auto expected = executor.run(encrypted, all).value();
    for (const std::size_t most : {1, 2, 3}) {
      WatchedWeights weights(owner.loaded_weights());
      weights.most = most;
      EXPECT_TRUE(same_words(executor.run(encrypted, weights).value(), expected)) << most << " at a time";
    }
  }
}

TEST(Executor, ForwardsTheErrorOfAWeight) {
  Owner owner(tiny_plan());
  const auto encrypted = owner.encrypt(owner.draw_inputs(3));
  WatchedWeights weights(owner.loaded_weights());
  weights.failing = 6;
  const auto answer = make_executor(owner).run(encrypted, weights);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().message, "chunk 6 is damaged");
  EXPECT_EQ(weights.fetched.size(), 7u);
  EXPECT_EQ(weights.released.size(), 8u) << "what was fetched for a transform is given back, and the weights it lacked";
}

TEST(Executor, FreesValuesAfterTheirLastUse) {
  Owner owner(tiny_plan({8, false}));
  auto& pool = owner.engine().ring().pool();
  const auto encrypted = owner.encrypt(owner.draw_inputs(3));
  auto weights = owner.loaded_weights();
  const Executor executor = make_executor(owner);
  const std::size_t before = pool.bytes_in_use();
  const auto answer = executor.run(encrypted, weights);
  ASSERT_TRUE(answer.has_value());
  const auto kept = program::ciphertext_bytes(owner.engine().params(), answer->front().level());
  EXPECT_LE(pool.bytes_in_use() - before, 2 * kept);
}

ckks::Ciphertext with_place(const ckks::Ciphertext& a, Level level, const Scale& scale, const ring::RingContext& ring) {
  return {ring::clone(ring, a.c0()), ring::clone(ring, a.c1()), level, scale};
}

TEST(Executor, RefusesInputsThatTheProgramDoesNotTake) {
  Owner owner(tiny_plan());
  const ring::RingContext& ring = owner.engine().ring();
  auto weights = owner.loaded_weights();
  const Executor executor = make_executor(owner);
  const auto refused = [&](std::span<const ckks::Ciphertext> inputs, const std::string& part) {
    const auto answer = executor.run(inputs, weights);
    ASSERT_FALSE(answer.has_value()) << part;
    EXPECT_EQ(answer.error().code, base::ErrorCode::kMismatch);
    EXPECT_NE(answer.error().message.find(part), std::string::npos) << answer.error().message;
  };
  auto inputs = owner.encrypt(owner.draw_inputs(3));
  refused(std::span(inputs).first(1), "has 1 ciphertexts");
  for (const Scale& scale :
       {Scale::power_of_two(29), Scale::power_of_two(31), Scale::power_of_two(30).times_prime(params::PrimeIndex(0)),
        Scale::power_of_two(30).divided_by_prime(params::PrimeIndex(3))}) {
    inputs[1] = with_place(inputs[1], Level(3), scale, ring);
    refused(inputs, "input ciphertext 1");
  }
  inputs[1] = with_place(inputs[1], Level(2), Scale::power_of_two(30), ring);
  refused(inputs, "input ciphertext 1");
}

TEST(Executor, RefusesWeightsThatTheProgramDoesNotState) {
  Owner owner(tiny_plan());
  const auto encrypted = owner.encrypt(owner.draw_inputs(3));
  std::vector<ckks::Ciphertext> wrong;
  for (std::size_t i = 0; i < 8; ++i) wrong.push_back(owner.weight(i));
  wrong[6] = with_place(wrong[6], wrong[6].level(), Scale::power_of_two(31), owner.engine().ring());
  LoadedWeights weights(std::move(wrong));
  const auto answer = make_executor(owner).run(encrypted, weights);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, base::ErrorCode::kMismatch);
  EXPECT_NE(answer.error().message.find("weight 6"), std::string::npos) << answer.error().message;
}

void expect_not_created(const base::Result<Executor>& executor, base::ErrorCode code, const std::string& part) {
  ASSERT_FALSE(executor.has_value()) << part;
  EXPECT_EQ(executor.error().code, code);
  EXPECT_NE(executor.error().message.find(part), std::string::npos) << executor.error().message;
}

TEST(Executor, IsNotMadeWithoutAllKeysAtTheirLevel) {
  Owner owner(tiny_plan());
  Engine bare(plan::program::make_params(owner.plan().program).value(), 2);
  const auto& needs = owner.plan().program.key_needs;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    expect_not_created(Executor::create(bare.context(), owner.plan().program, bare.keys()), base::ErrorCode::kMismatch,
                       "lack the one for " + program::print(needs[i]));
    const auto id = runtime::keys::key_id_of(needs[i], owner.plan().program.params.log_n);
    if (needs[i].level > Level(0)) {
      bare.add_key(id, Level(needs[i].level.value() - 1));
      expect_not_created(Executor::create(bare.context(), owner.plan().program, bare.keys()),
                         base::ErrorCode::kMismatch, "stops at level");
    }
    bare.add_key(id, needs[i].level);
  }
  EXPECT_TRUE(Executor::create(bare.context(), owner.plan().program, bare.keys()).has_value());
}

TEST(Executor, IsNotMadeForOtherParametersOrBeyondTheMemory) {
  Owner owner(tiny_plan());
  Owner other(tiny_plan({6, false}));
  expect_not_created(Executor::create(other.engine().context(), owner.plan().program, owner.engine().keys()),
                     base::ErrorCode::kMismatch, "other parameters");
  const auto with_limit = [&](std::uint64_t bytes) {
    return Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys(), {bytes});
  };
  expect_not_created(with_limit(10000), base::ErrorCode::kLimit, "the limit is 10000");
  EXPECT_TRUE(with_limit(100000000).has_value());
}

}  // namespace
}  // namespace obscura::tests
