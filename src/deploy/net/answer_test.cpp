#include "deploy/net/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "deploy/net/message.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/trail.hpp"

// What the key holder refuses of a result. The messages are made by hand, as a worker would make them.
namespace obscura::deploy::net::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t kOutputBytes = 50;

struct Case {
  Cast cast;
  Job job = make_job("job", {2, 1}, make_inputs("job"), Instant(Milliseconds(1'900'000'000'000)));
  SignedStatement signed_job = sign_job(job, cast.submitter);

  // The receipts of all steps, as honest workers make them; `change` may spoil one.
  [[nodiscard]] Message result(const std::function<void(Receipt&)>& change = {}) const {
    Message message{.job = signed_job};
    std::vector<Receipt> receipts;
    std::vector<Step> steps = steps_before(job, last_step(job));
    steps.push_back(last_step(job));
    for (const Step& step : steps) {
      const std::size_t before = steps_before(job, step).size();
      Receipt receipt{.job = signed_job.digest(), .key = job.key, .step = step};
      receipt.inputs = digest_of(inputs_of(job, step, std::span(receipts).first(before)));
      for (const Bytes& output : pure_step(step, {}, kOutputBytes)) receipt.outputs.push_back(BlobRef::of(output));
      receipts.push_back(receipt);
      if (change) change(receipt);
      message.receipts.push_back(sign_receipt(receipt, cast.worker));
    }
    message.attachments = pure_step(last_step(job), {}, kOutputBytes);
    return message;
  }
  [[nodiscard]] base::Result<Answer> open(const Message& message) const {
    return open_answer(encode(message).value(), signed_job, cast.trust);
  }
};

void expect_refused(const base::Result<Answer>& answer, base::ErrorCode code, const std::string& what) {
  ASSERT_FALSE(answer) << what;
  EXPECT_EQ(answer.error().code, code) << what;
  EXPECT_THAT(answer.error().message, HasSubstr(what));
}

TEST(Answer, OfAnHonestWorkerIsOpened) {
  const Case given;
  const auto answer = given.open(given.result());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->ending.status, Status::kDone);
  EXPECT_THAT(answer->trail, SizeIs(3));
}

TEST(Answer, OfAnotherJobIsRefused) {
  const Case given;
  const auto other_digest = [](Receipt& receipt) { receipt.job = digest_of_text("another"); };
  expect_refused(given.open(given.result(other_digest)), base::ErrorCode::kMismatch, "about another job");
  const auto other_name = [](Receipt& receipt) { receipt.key.job = "another"; };
  expect_refused(given.open(given.result(other_name)), base::ErrorCode::kMismatch, "about another job");
  const auto other_replica = [](Receipt& receipt) { receipt.key.replica = 1; };
  expect_refused(given.open(given.result(other_replica)), base::ErrorCode::kUntrusted, "may not state");
  Case both;
  both.cast.trust.groups = {{.number = 1, .name = "acme", .workers = {both.cast.worker.verify_key()}}};
  expect_refused(both.open(both.result(other_replica)), base::ErrorCode::kMismatch, "about another job");
}

TEST(Answer, WithAMissingOrSwappedStepIsRefused) {
  const Case given;
  Message message = given.result();
  message.receipts.erase(message.receipts.begin());
  expect_refused(given.open(message), base::ErrorCode::kMismatch, "has 2 receipts");
  message = given.result();
  std::swap(message.receipts[0], message.receipts[1]);
  expect_refused(given.open(message), base::ErrorCode::kMismatch, "where that of step 0/0 belongs");
  message = given.result();
  message.receipts.pop_back();
  expect_refused(given.open(message), base::ErrorCode::kMismatch, "where that of step 1/0 belongs");
}

TEST(Answer, OfStepsThatReadOtherInputsIsRefused) {
  const Case given;
  for (const Step& step : {Step{0, 1}, Step{0, kMergeShard}, Step{1, 0}}) {
    const auto change = [&](Receipt& receipt) {
      if (receipt.step == step) receipt.inputs = digest_of_text("others");
    };
    expect_refused(given.open(given.result(change)), base::ErrorCode::kMismatch, "read other inputs");
  }
}

TEST(Answer, OfAStrangerOrAlteredIsRefused) {
  const Case given;
  for (std::size_t i = 0; i < 4; ++i) {
    Message message = given.result();
    message.receipts[i] = sign_receipt(open_receipt(message.receipts[i]).value(), given.cast.stranger);
    EXPECT_EQ(given.open(message).error().code, base::ErrorCode::kUntrusted) << "receipt " << i;
    message = given.result();
    message.receipts[i].body[50] ^= 1;
    EXPECT_EQ(given.open(message).error().code, base::ErrorCode::kUntrusted) << "receipt " << i;
  }
  EXPECT_EQ(given.open({}).error().code, base::ErrorCode::kCorrupt);
}

TEST(Answer, OutputsThatWereAlteredAreNotTheOnesNamed) {
  const Case given;
  Message message = given.result();
  message.attachments[1][7] ^= 1;
  const Answer answer = given.open(message).value();
  EXPECT_NE(find_attachment(answer.message, answer.ending.outputs[0]), nullptr);
  EXPECT_EQ(find_attachment(answer.message, answer.ending.outputs[1]), nullptr);
}

TEST(Answer, OfAJobThatWasNotDoneSaysWhy) {
  const Case given;
  const auto ending = [&](Status status, const artifact::Digest& job, const artifact::SigningKey& signer) {
    return given.open(
        {.receipts = {sign_receipt({.job = job, .key = given.job.key, .status = status, .cause = "why"}, signer)}});
  };
  const artifact::Digest digest = given.signed_job.digest();
  const artifact::Digest another = digest_of_text("another");
  EXPECT_EQ(ending(Status::kFailed, digest, given.cast.supervisor).value().ending.cause, "why");
  EXPECT_EQ(ending(Status::kCancelled, digest, given.cast.submitter).value().ending.status, Status::kCancelled);
  EXPECT_TRUE(ending(Status::kFailed, {}, given.cast.supervisor)) << "nobody could read the task";
  EXPECT_TRUE(ending(Status::kInvalid, another, given.cast.worker)) << "it was altered on its way";
  expect_refused(ending(Status::kFailed, another, given.cast.supervisor), base::ErrorCode::kMismatch, "another job");
  expect_refused(ending(Status::kCancelled, {}, given.cast.submitter), base::ErrorCode::kMismatch, "another job");
  expect_refused(ending(Status::kCancelled, digest, given.cast.worker), base::ErrorCode::kUntrusted, "may not state");
}

TEST(Trail, ListsTheStepsBeforeOne) {
  const Job job = make_job("job", {1, 2}, make_inputs("job"), Instant(Milliseconds(1)));
  EXPECT_THAT(steps_before(job, {0, 0}), SizeIs(0));
  EXPECT_THAT(steps_before(job, {1, 1}), ElementsAre(Step{0, 0}));
  EXPECT_THAT(steps_before(job, {1, kMergeShard}), ElementsAre(Step{0, 0}, Step{1, 0}, Step{1, 1}));
  EXPECT_EQ(last_step(job), (Step{1, kMergeShard}));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
