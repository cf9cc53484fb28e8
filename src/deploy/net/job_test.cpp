#include "deploy/net/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Instant kDeadline{Milliseconds(1'900'000'000'123)};

Job some_job() {
  Job job = make_job("job-1", {1, 4, 2}, make_inputs("job-1"), kDeadline);
  job.key.replica = 7;
  return job;
}

TEST(Job, ComesOutAsItWasSigned) {
  const Job job = some_job();
  const SignedStatement signed_job = sign_job(job, key_of(1));
  const Job opened = open_job(signed_job).value();
  EXPECT_EQ(opened.key, job.key);
  EXPECT_EQ(opened.model, job.model);
  EXPECT_EQ(opened.params, job.params);
  EXPECT_EQ(opened.eval_key, job.eval_key);
  EXPECT_EQ(opened.shards, job.shards);
  EXPECT_EQ(opened.inputs, job.inputs);
  EXPECT_EQ(opened.deadline, job.deadline);
  EXPECT_EQ(sign_job(opened, key_of(1)).body, signed_job.body);
}

TEST(Job, EveryFlippedByteIsRefused) {
  const SignedStatement signed_job = sign_job(some_job(), key_of(1));
  for (std::size_t i = 0; i < signed_job.body.size(); ++i) {
    SignedStatement altered = signed_job;
    altered.body[i] ^= 0x10;
    EXPECT_EQ(open_job(altered).error().code, base::ErrorCode::kUntrusted) << "byte " << i;
  }
  SignedStatement resigned = signed_job;
  resigned.signer = key_of(2).verify_key();
  EXPECT_FALSE(open_job(resigned));
}

// Signed nonsense must not be parsed into a job either.
TEST(Job, EverySignedTruncationIsRefused) {
  const std::vector<std::uint8_t> body = sign_job(some_job(), key_of(1)).body;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const SignedStatement cut = sign_statement("obscura job", {body.begin(), body.begin() + size}, key_of(1));
    EXPECT_EQ(open_job(cut).error().code, base::ErrorCode::kCorrupt) << size << " bytes";
  }
  std::vector<std::uint8_t> longer = body;
  longer.push_back(0);
  EXPECT_FALSE(open_job(sign_statement("obscura job", longer, key_of(1))));
}

TEST(Job, AStatementOfAnotherKindIsNoJob) {
  const SignedStatement signed_job = sign_job(some_job(), key_of(1));
  EXPECT_FALSE(open_job(sign_statement("obscura receipt", signed_job.body, key_of(1))));
}

TEST(Job, WhatIsOutOfRangeIsRefusedByName) {
  const std::vector<std::pair<std::function<void(Job&)>, std::string>> cases = {
      {[](Job& job) { job.key.job = "a.b"; }, "name"},
      {[](Job& job) { job.key.tenant = ""; }, "name"},
      {[](Job& job) { job.key.job = std::string(kMaxNameBytes + 1, 'a'); }, "name"},
      {[](Job& job) { job.shards.clear(); }, "0 stages"},
      {[](Job& job) { job.shards.assign(kMaxStages + 1, 1); }, "65 stages"},
      {[](Job& job) { job.shards[1] = 0; }, "stage 1 into 0"},
      {[](Job& job) { job.shards[2] = kMaxShards + 1; }, "stage 2 into 65"},
      {[](Job& job) { job.shards.assign(kMaxStages, 16); }, "1088 steps"},
      {[](Job& job) { job.inputs.clear(); }, "0 inputs"},
      {[](Job& job) { job.inputs.resize(kMaxBlobs + 1); }, "257 inputs"},
      {[](Job& job) { job.deadline = {}; }, "deadline"}};
  for (const auto& [spoil, what] : cases) {
    Job job = some_job();
    ASSERT_TRUE(check_job(job));
    spoil(job);
    const auto checked = check_job(job);
    ASSERT_FALSE(checked) << what;
    EXPECT_EQ(checked.error().code, base::ErrorCode::kUsage);
    EXPECT_THAT(checked.error().message, HasSubstr(what));
  }
}

// 64 stages of 15 shards and a merge each are 1024 receipts.
TEST(Job, MayHaveAsManyStepsAsAMessageHoldsReceipts) {
  Job job = some_job();
  job.shards.assign(kMaxStages, 15);
  EXPECT_TRUE(check_job(job));
  job.shards.back() = 16;
  EXPECT_FALSE(check_job(job));
}

TEST(Job, KnowsItsSteps) {
  const Job job = some_job();
  EXPECT_TRUE(has_step(job, {0, 0}));
  EXPECT_FALSE(has_step(job, {0, 1}));
  EXPECT_FALSE(has_step(job, {0, kMergeShard}));
  EXPECT_TRUE(has_step(job, {1, 3}));
  EXPECT_FALSE(has_step(job, {1, 4}));
  EXPECT_TRUE(has_step(job, {1, kMergeShard}));
  EXPECT_FALSE(has_step(job, {3, 0}));
  EXPECT_THAT(shards_of(job, 2), ElementsAre(Step{2, 0}, Step{2, 1}));
}

TEST(Address, IsReadable) {
  EXPECT_EQ((JobKey{"t", "j", 0}.text()), "t/j");
  EXPECT_EQ((JobKey{"t", "j", 2}.text()), "t/j.r2");
  EXPECT_EQ((Step{3, 1}.text()), "3/1");
  EXPECT_EQ((Step{3, kMergeShard}.text()), "3/merge");
}

}  // namespace
}  // namespace obscura::deploy::net::testing
