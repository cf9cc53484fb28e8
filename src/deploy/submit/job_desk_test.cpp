#include "deploy/submit/job_desk.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/receipt.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::submit {
namespace {

using base::ErrorCode;
using net::Milliseconds;
using net::testing::Bytes;

constexpr Milliseconds kNoWait{0};

/// Time that moves when it is told to.
class StandingClock final : public net::Clock {
 public:
  [[nodiscard]] net::Instant now() const override { return now_; }
  void sleep(Milliseconds duration) override { now_ += duration; }

 private:
  net::Instant now_{Milliseconds(1'800'000'000'000)};
};

/// A desk at an embedded site, with a job of two groups that was handed in.
class JobDeskTest : public ::testing::Test {
 protected:
  JobDeskTest()
      : site_(open_site()),
        desk_(JobDesk::open(
                  site_, clock_,
                  [this]() -> base::Result<net::Trust> {
                    ++trust_reads_;
                    return trust_;
                  },
                  cast_.submitter, "tenant", TicketStore::open(folder_.path() + "/tickets").value())
                  .value()) {
    trust_.groups = {{.number = 1, .name = "acme", .workers = {cast_.stranger.verify_key()}}};
    Ticket ticket;
    ticket.job = net::testing::make_job("job", {1}, inputs_, clock_.now() + std::chrono::hours(1));
    ticket.groups = {0, 1};
    ticket.inputs = inputs_;
    EXPECT_TRUE(TicketStore::open(folder_.path() + "/tickets").value().keep(ticket, base::Existing::kRefuse));
    trust_reads_ = 0;
  }
  net::Site open_site() {
    std::filesystem::create_directories(folder_.path() + "/site");
    return net::open_site(folder_.path() + "/site", clock_).value();
  }

  net::testing::TemporaryFolder folder_;
  StandingClock clock_;
  net::testing::Cast cast_;
  net::Trust trust_ = cast_.trust;
  net::testing::Blobs inputs_ = net::testing::make_inputs("job");
  int trust_reads_ = 0;
  net::Site site_;
  JobDesk desk_;
};

TEST_F(JobDeskTest, ADeadlineAfterTheSiteForgetsWhatAJobReadsIsRefused) {
  const NewJob job{.id = "long", .source = {}, .request = Bytes{1}};
  site_.blob_retention = std::chrono::hours(1);
  const auto refused = desk_.hand_in(job, {}, std::chrono::hours(1) + Milliseconds(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_FALSE(desk_.find("long").value());
  // Within it, or where a job is kept for as long as it takes, it is the request itself that is looked at.
  EXPECT_NE(desk_.hand_in(job, {}, std::chrono::hours(1)).error().code, ErrorCode::kUsage);
  site_.blob_retention.reset();
  EXPECT_NE(desk_.hand_in(job, {}, std::chrono::hours(1000)).error().code, ErrorCode::kUsage);
}

// A camera's command looks for each frame's answer a hundred times a second.
TEST_F(JobDeskTest, WhomToTrustIsReadOnceASecondWhileNobodyAnswers) {
  for (int look = 0; look < 300; ++look) {
    EXPECT_FALSE(desk_.outcomes("job", kNoWait).value());
    clock_.sleep(Milliseconds(10));
  }
  EXPECT_EQ(trust_reads_, 3);
}

// Else whom somebody revoked would stay trusted until the clock is again where it was.
TEST_F(JobDeskTest, WhomToTrustIsReadAgainWhenTheClockIsSetBack) {
  EXPECT_FALSE(desk_.outcomes("job", kNoWait).value());
  clock_.sleep(-std::chrono::hours(1));
  EXPECT_FALSE(desk_.outcomes("job", kNoWait).value());
  EXPECT_EQ(trust_reads_, 2);
}

TEST_F(JobDeskTest, AGroupThatIsTrustedNoMoreIsNotWaitedForLongerThanASecond) {
  EXPECT_FALSE(desk_.outcomes("job", kNoWait).value());
  trust_.workers.clear();
  trust_.groups.clear();
  clock_.sleep(Milliseconds(1'000));
  const auto outcomes = desk_.outcomes("job", kNoWait).value();
  ASSERT_TRUE(outcomes);
  for (const ReplicaOutcome& outcome : *outcomes) {
    ASSERT_TRUE(outcome.refusal);
    EXPECT_EQ(outcome.refusal->code, ErrorCode::kUntrusted);
  }
}

// What was answered is judged by whom is trusted then, not a moment before.
TEST_F(JobDeskTest, AnAnswerIsJudgedByWhomIsTrustedNow) {
  EXPECT_FALSE(desk_.outcomes("job", kNoWait).value());  // reads the trust
  for (const std::uint32_t group : {0U, 1U}) {
    ASSERT_TRUE(site_.queue->publish_result({"tenant", "job", group}, Bytes{1}));
  }
  trust_.groups.clear();
  const auto outcomes = desk_.outcomes("job", kNoWait).value();
  ASSERT_TRUE(outcomes);
  EXPECT_TRUE((*outcomes)[0].not_credible);  // not a message
  EXPECT_TRUE((*outcomes)[1].refusal);       // of a group that is gone
}

}  // namespace
}  // namespace obscura::deploy::submit
