#include "deploy/net/compare_replicas.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One letter per stage: what the group made of it.
ReplicaSteps replica(std::uint32_t group, const std::string& made) {
  ReplicaSteps replica{.group = group, .receipts = {}};
  for (std::uint32_t stage = 0; stage < made.size(); ++stage) {
    const artifact::Digest digest = digest_of_text(made.substr(stage, 1));
    replica.receipts.push_back({.key = {"tenant", "job", group}, .step = {stage, 0}, .outputs = {{digest, 7}}});
  }
  return replica;
}

Comparison compare(const std::vector<std::string>& made) {
  std::vector<ReplicaSteps> replicas;
  for (const std::string& one : made) replicas.push_back(replica(static_cast<std::uint32_t>(replicas.size()), one));
  return compare_replicas(replicas);
}

TEST(CompareReplicas, AgreeWhenEveryStepIsTheSame) {
  for (const auto& made : {std::vector<std::string>{"abc"}, {"abc", "abc"}, {"abc", "abc", "abc"}}) {
    const Comparison comparison = compare(made);
    EXPECT_FALSE(comparison.difference);
    EXPECT_THAT(comparison.dissents, IsEmpty());
    EXPECT_EQ(comparison.majority.size(), made.size());
  }
}

TEST(CompareReplicas, OfTwoNobodyKnowsWhoIsWrong) {
  const Comparison comparison = compare({"abc", "axc"});
  EXPECT_EQ(comparison.difference, (Step{1, 0}));
  EXPECT_THAT(comparison.dissents, IsEmpty());
  EXPECT_THAT(comparison.majority, IsEmpty());
}

TEST(CompareReplicas, NameWhoDiffersFromTheMajorityAndWhere) {
  const Comparison one = compare({"abc", "axy", "abc"});
  EXPECT_EQ(one.difference, (Step{1, 0}));
  EXPECT_THAT(one.dissents, ElementsAre(Dissent{1, {1, 0}}));
  EXPECT_THAT(one.majority, ElementsAre(0, 2));
  // Each is named for its own first step, though the later one comes to the same in between.
  const Comparison two = compare({"abc", "abx", "ybc", "abc", "abc"});
  EXPECT_EQ(two.difference, (Step{0, 0}));
  EXPECT_THAT(two.dissents, ElementsAre(Dissent{2, {0, 0}}, Dissent{1, {2, 0}}));
  EXPECT_THAT(two.majority, ElementsAre(0, 3, 4));
}

TEST(CompareReplicas, HalfIsNoMajority) {
  for (const auto& made : {std::vector<std::string>{"a", "a", "b", "b"}, {"a", "b", "c"}, {"ab", "ab", "ac", "xb"}}) {
    const Comparison comparison = compare(made);
    EXPECT_EQ(comparison.difference, (Step{0, 0}));
    EXPECT_THAT(comparison.majority, IsEmpty());
    EXPECT_THAT(comparison.dissents, IsEmpty());
  }
}

TEST(CompareReplicas, SizesCountToo) {
  std::vector<ReplicaSteps> replicas = {replica(0, "a"), replica(1, "a")};
  replicas[1].receipts[0].outputs[0].size = 8;
  EXPECT_EQ(compare_replicas(replicas).difference, (Step{0, 0}));
}

TEST(FirstDifference, IsTheFirstStepThatIsNotAsKnown) {
  const ReplicaSteps known = replica(0, "abc");
  std::vector<std::vector<BlobRef>> outputs;
  for (const Receipt& receipt : known.receipts) outputs.push_back(receipt.outputs);
  EXPECT_EQ(first_difference(replica(1, "abc").receipts, outputs), std::nullopt);
  EXPECT_EQ(first_difference(replica(1, "axc").receipts, outputs), (Step{1, 0}));
  EXPECT_EQ(first_difference(replica(1, "abx").receipts, outputs), (Step{2, 0}));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
