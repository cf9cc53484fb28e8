#include "deploy/submit/judge_replicas.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::submit {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;
using Outcomes = std::vector<ReplicaOutcome>;

/// One letter per stage: what the group made of it.
ReplicaOutcome answered(const std::string& name, const std::string& made) {
  std::vector<net::Receipt> receipts;
  for (std::uint32_t stage = 0; stage < made.size(); ++stage) {
    receipts.push_back({.step = {stage, 0}, .outputs = {{net::testing::digest_of_text(made.substr(stage, 1)), 7}}});
  }
  ReplicaOutcome outcome{.group = static_cast<std::uint32_t>(name.size()), .name = name};
  outcome.answer.emplace();
  outcome.answer->ending = receipts.back();
  receipts.pop_back();
  outcome.answer->trail = receipts;
  return outcome;
}

ReplicaOutcome refused(const std::string& name, ErrorCode code) {
  ReplicaOutcome outcome{.group = static_cast<std::uint32_t>(name.size()), .name = name};
  outcome.refusal = {code, "no hope", "none"};
  return outcome;
}

ReplicaOutcome forged(const std::string& name) {
  ReplicaOutcome outcome{.group = static_cast<std::uint32_t>(name.size()), .name = name};
  outcome.not_credible = {ErrorCode::kUntrusted, "a stranger signed", "none"};
  return outcome;
}

void expect_refused(const Outcomes& outcomes, ErrorCode code, const std::string& part) {
  const auto judged = judge_replicas("seven", outcomes);
  ASSERT_FALSE(judged) << part;
  EXPECT_EQ(judged.error().code, code);
  EXPECT_THAT(judged.error().message, HasSubstr(part));
  EXPECT_FALSE(judged.error().hint.empty());
}

TEST(JudgeReplicas, OneGroupIsBelieved) {
  EXPECT_EQ(judge_replicas("seven", Outcomes{answered("acme", "ab")}).value(), 0U);
  expect_refused({refused("acme", ErrorCode::kExpired)}, ErrorCode::kExpired, "no hope");
  expect_refused({forged("acme")}, ErrorCode::kUntrusted, "a stranger signed");
}

TEST(JudgeReplicas, AllThatAnsweredAgree) {
  EXPECT_EQ(judge_replicas("seven", Outcomes{answered("acme", "ab"), answered("borea", "ab")}).value(), 0U);
  const Outcomes two_of_three = {refused("a", ErrorCode::kExpired), answered("acme", "ab"), answered("borea", "ab")};
  EXPECT_EQ(judge_replicas("seven", two_of_three).value(), 1U);
}

TEST(JudgeReplicas, OneAnswerOfSeveralIsNotCompared) {
  expect_refused({answered("acme", "ab"), refused("borea", ErrorCode::kFailed)}, ErrorCode::kFailed,
                 "one group alone of 2 answered job seven, and one answer is not compared; group borea: no hope");
  expect_refused({refused("a", ErrorCode::kInvalidJob), refused("borea", ErrorCode::kFailed)}, ErrorCode::kInvalidJob,
                 "no group of 2 answered job seven");
}

TEST(JudgeReplicas, WhoDiffersIsNamed) {
  const auto code = ErrorCode::kDisagreement;
  expect_refused({answered("acme", "ab"), answered("borea", "ax")}, code,
                 "the groups acme and borea differ, first at stage 2: one of the two is wrong");
  expect_refused({answered("acme", "ab"), answered("borea", "xy"), answered("co", "ab")}, code,
                 "what differs from the majority (acme and co) is borea from stage 1 on");
  expect_refused({answered("acme", "a"), answered("borea", "b"), answered("co", "c")}, code,
                 "the groups acme, borea and co differ, first at stage 1, and no majority agrees");
}

TEST(JudgeReplicas, AnAnswerThatDoesNotHoldStopsAll) {
  const auto code = ErrorCode::kDisagreement;
  expect_refused({answered("acme", "ab"), forged("borea")}, code, "the answer of group borea does not hold");
  expect_refused({answered("acme", "ab"), answered("co", "ab"), forged("borea")}, code, "a stranger signed");
  expect_refused({answered("acme", "ab"), answered("co", "xb"), forged("borea")}, code, "one of the two is wrong; the");
}

}  // namespace
}  // namespace obscura::deploy::submit
