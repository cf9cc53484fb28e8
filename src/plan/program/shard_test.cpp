#include "plan/program/shard.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "plan/program/leading_layer.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/print.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/testing/random_program.hpp"
#include "plan/program/testing/wide_program.hpp"

namespace obscura::plan::program {
namespace {

using testing::random_program;
using testing::wide_program;

// Of wide_program: 0,1 inputs, 2,3 squares | 4 linear of four giant steps, 5 bias, 6 linear of two, 7 bias | 8 sum, 9.
constexpr int kManyWeights = 16;  // before the bias
constexpr int kFewWeights = 4;

std::vector<double> rising_ms(const Program& program) {
  std::vector<double> ms(program.instructions.size());
  std::iota(ms.begin(), ms.end(), 1.0);
  return ms;
}

CutStage whole_of(const Program& program) {
  return cut(program, {}, rising_ms(program)).value().front();
}

std::vector<int> weights_of(const Part& part) {
  std::vector<int> weights;
  for (const WeightRun& run : part.weights) {
    for (int i = 0; i < run.count; ++i) weights.push_back(run.first + i);
  }
  return weights;
}

std::size_t count(const Program& program, const std::function<bool(const Operation&)>& is) {
  std::size_t found = 0;
  for (const Instruction& instruction : program.instructions) found += is(instruction.operation) ? 1 : 0;
  return found;
}

bool is_join(const Operation& operation) {
  return std::holds_alternative<Join>(operation);
}

TEST(Shard, GivesEachItsGiantStepsAndTheMergeTheRest) {
  const Program whole = wide_program();
  ASSERT_TRUE(verify(whole).has_value()) << verify(whole).error().message;
  const StageParts parts = shard(whole_of(whole), 3).value();
  ASSERT_EQ(parts.shards.size(), 3u);
  // Six giant steps, of four products in the first transform and of two in the second.
  EXPECT_EQ(weights_of(parts.shards[0]), (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(weights_of(parts.shards[1]), (std::vector{8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(weights_of(parts.shards[2]), (std::vector{17, 18, 19, 20}));
  EXPECT_EQ(weights_of(parts.last), (std::vector{kManyWeights, kManyWeights + 1 + kFewWeights}));

  // The first also hands on what skips the layer: the second input, and a square that is a result.
  EXPECT_EQ(parts.shards[0].program.results.size(), 3u);
  EXPECT_EQ(parts.shards[1].program.results.size(), 1u);
  // The third holds a whole transform, and computes only the square that it reads.
  EXPECT_EQ(count(parts.shards[2].program, is_partial), 0u);
  EXPECT_EQ(count(parts.shards[2].program, [](const Operation& o) { return std::holds_alternative<Square>(o); }), 1u);

  const Program& merge = parts.last.program;
  EXPECT_EQ(merge.input_packing.ciphertexts, 5);
  EXPECT_EQ(count(merge, is_partial), 2u);
  EXPECT_EQ(count(merge, is_join), 1u);
  EXPECT_EQ(merge.results.size(), whole.results.size());
  EXPECT_EQ(count(merge, [](const Operation& o) { return std::holds_alternative<Linear>(o); }), 0u);
}

TEST(Shard, StatesTimesInProportionToTheWork) {
  const Program whole = wide_program();
  const StageParts parts = shard(whole_of(whole), 2).value();
  const double squares = 3 + 4;
  const double linears = 5 + 7;
  // Rotations of operands are counted in every shard that needs them.
  EXPECT_GT(parts.shards[0].program.cost.latency_ms + parts.shards[1].program.cost.latency_ms, squares + linears);
  EXPECT_LT(parts.shards[1].program.cost.latency_ms, squares + linears);
  EXPECT_EQ(parts.last.program.cost.latency_ms, 6 + 8 + 9 + 10);
}

TEST(Shard, HoldsPartialSumsAtTheLevelAndScaleOfTheProducts) {
  const Program whole = wide_program();
  const StageParts parts = shard(whole_of(whole), 2).value();
  const Instruction& linear = whole.instructions[4];
  const Program& first = parts.shards[0].program;
  const Instruction& sum = first.instructions[static_cast<std::size_t>(first.results.back().value())];
  EXPECT_TRUE(is_partial(sum.operation));
  EXPECT_EQ(sum.level, working_level(linear));
  EXPECT_EQ(sum.scale.divided_by_prime(fhe::params::PrimeIndex(sum.level.value())), linear.scale);
  const auto params = make_params(whole).value();
  EXPECT_EQ(value_bytes(params, sum), ciphertext_bytes(params, sum.level) / 3 * 4) << "three primes and a special one";
  EXPECT_NE(print(first).find(" partial"), std::string::npos);
  EXPECT_NE(print(parts.last.program).find("join(%"), std::string::npos);
}

TEST(Shard, OfRandomStagesIsWellFormedAndLosesNothing) {
  int splits = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Program whole = random_program(seed);
    const std::size_t middle = 1 + seed % (whole.instructions.size() - 1);
    const auto stages = cut(whole, std::vector{middle}, rising_ms(whole)).value();
    std::vector<int> weights;
    for (const CutStage& stage : stages) {
      const std::size_t giants = leading_layer(stage.program, 0, stage.program.instructions.size()).giants;
      const StageParts parts = giants < 2 ? in_one_part(stage) : shard(stage, giants).value();
      splits += parts.shards.empty() ? 0 : 1;
      std::vector<Part> all = parts.shards;
      all.push_back(parts.last);
      for (const Part& part : all) {
        const auto of_part = weights_of(part);
        EXPECT_EQ(of_part.size(), part.program.weights.size());
        for (std::size_t i = 0; i < of_part.size(); ++i) {
          EXPECT_EQ(part.program.weights[i], whole.weights[static_cast<std::size_t>(of_part[i])]);
        }
        weights.insert(weights.end(), of_part.begin(), of_part.end());
        const auto parsed = parse_stage(serialize(part.program));
        ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
        EXPECT_EQ(*parsed, part.program);
      }
      EXPECT_EQ(parts.last.program.results.size(), stage.program.results.size());
    }
    std::sort(weights.begin(), weights.end());
    std::vector<int> every(whole.weights.size());
    std::iota(every.begin(), every.end(), 0);
    EXPECT_EQ(weights, every) << "each weight is in one part";
  }
  EXPECT_GT(splits, 100) << "the programs no longer begin with linear layers";
}

TEST(Shard, RefusesMoreShardsThanGiantSteps) {
  const CutStage stage = whole_of(wide_program());
  EXPECT_TRUE(shard(stage, 6).has_value());
  const auto refused = shard(stage, 7);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(refused.error().message.find("6 giant steps"), std::string::npos) << refused.error().message;
}

TEST(VerifyStage, RefusesPartialSumsOutOfPlace) {
  const StageParts parts = shard(whole_of(wide_program()), 2).value();
  const auto refused = [](Program program, const std::function<void(Program&)>& damage, const std::string& words) {
    damage(program);
    program.key_needs = derive_key_needs(program);
    const auto verified = verify_stage(program);
    ASSERT_FALSE(verified.has_value()) << "accepted, expected: " << words;
    EXPECT_NE(verified.error().message.find(words), std::string::npos) << verified.error().message;
  };
  const auto place_of_join = [](Program& p) {
    return std::find_if(p.instructions.begin(), p.instructions.end(),
                        [](const Instruction& i) { return is_join(i.operation); });
  };
  const Program& merge = parts.last.program;
  refused(
      merge,
      [&](Program& p) {
        place_of_join(p)->operation = Join{{ValueId(0)}, true};
      },
      "is no partial sum");
  refused(
      merge, [&](Program& p) { std::get<Join>(place_of_join(p)->operation).operands.clear(); }, "no operands");
  refused(
      merge,
      [&](Program& p) {
        auto& operands = std::get<Join>(place_of_join(p)->operation).operands;
        operands.push_back(operands.front());
      },
      "adds a partial sum twice");
  refused(
      merge, [&](Program& p) { place_of_join(p)->level = Level(0); }, "of another level");
  refused(
      merge,
      [&](Program& p) {
        place_of_join(p)->operation = Conjugate{std::get<Join>(place_of_join(p)->operation).operands[0]};
      },
      "only a join takes");
  const auto last_linear = [](Program& p) -> Linear& { return std::get<Linear>(p.instructions.back().operation); };
  refused(
      parts.shards[0].program,
      [&](Program& p) {
        last_linear(p).rescale = true;
        p.instructions.back().level = Level(1);
      },
      "is not rescaled");
}

TEST(Verify, RefusesPartialSumsInWholePrograms) {
  const auto refused = [](const std::function<void(Program&)>& damage) {
    Program program = wide_program();
    damage(program);
    const auto verified = verify(program);
    ASSERT_FALSE(verified.has_value());
    EXPECT_NE(verified.error().message.find("a whole program has no partial sums"), std::string::npos)
        << verified.error().message;
  };
  refused([](Program& p) { std::get<Input>(p.instructions[0].operation).partial = true; });
  refused([](Program& p) { std::get<Linear>(p.instructions[4].operation).partial = true; });
}

}  // namespace
}  // namespace obscura::plan::program
