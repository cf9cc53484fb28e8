#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/simulated_time.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

// The clock of a machine is set, forward and back, by seconds or hours, while jobs are on their way: leases, pauses and
// deadlines are moments of it.
namespace obscura::deploy::net::testing {
namespace {

using std::chrono::hours;

constexpr Milliseconds kLease{2'000};
constexpr Milliseconds kShort{300};
constexpr Milliseconds kBound = std::chrono::minutes(2);  // of what embedded_queue.hpp promises
constexpr Milliseconds kYear = hours(24 * 365);
constexpr std::size_t kOutputBytes = 100;

Task task_named(const std::string& job, const Clock& clock) {
  return {.key = {"tenant", job, 0},
          .step = {},
          .model = {},
          .eval_key = {},
          .deadline = clock.now() + kYear,
          .message = Bytes(10)};
}

class ClockJump : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<JobQueue> open(Clock& clock) const {
    return EmbeddedQueue::open(folder_.path() + "/queue",
                               {.lease = kLease, .retention = kYear, .survives_power_loss = false}, clock)
        .value();
  }
  /// Names of the jobs that a worker is given now.
  static std::vector<std::string> given(JobQueue& queue, const Lane& lane) {
    std::vector<std::string> names;
    while (auto lease = queue.fetch({&lane, 1}, Milliseconds(0)).value()) {
      names.push_back(lease->task.key.job);
      EXPECT_EQ(queue.acknowledge(*lease).value(), LeaseState::kHeld);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryFolder folder_;
  ManualClock clock_;
};

// One task waits, one was given back for a while, one is with a worker that died.
TEST_F(ClockJump, BackLeavesNoTaskLyingLongerThanItWould) {
  for (const Milliseconds back : {Milliseconds(500), Milliseconds(60'000), Milliseconds(hours(1)), kYear}) {
    const auto queue = open(clock_);
    const std::string name = std::to_string(back.count());
    const Lane lane = task_named("", clock_).lane();
    for (const char* each : {"delayed", "held"}) {
      ASSERT_TRUE(queue->publish(task_named(name + each, clock_)));
      const Lease lease = queue->fetch({&lane, 1}, Milliseconds(0)).value().value();
      if (lease.task.key.job == name + "held") continue;
      ASSERT_EQ(queue->retry_later(lease, Milliseconds(80'000)).value(), LeaseState::kHeld);
    }
    ASSERT_TRUE(queue->publish(task_named(name + "waiting", clock_)));
    clock_.set(-back);
    auto names = given(*queue, lane);
    clock_.sleep(kBound);
    for (std::string& late : given(*queue, lane)) names.push_back(std::move(late));
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{name + "delayed", name + "held", name + "waiting"}));
    EXPECT_EQ(queue->status().value().tasks, 0U);
  }
}

TEST_F(ClockJump, ForwardEndsLeasesAndTheFirstAnswerStands) {
  const auto queue = open(clock_);
  const Task task = task_named("a", clock_);
  const Lane lane = task.lane();
  ASSERT_TRUE(queue->publish(task));
  const Lease first = queue->fetch({&lane, 1}, Milliseconds(0)).value().value();
  clock_.set(hours(5));
  const Lease second = queue->fetch({&lane, 1}, Milliseconds(0)).value().value();
  EXPECT_EQ(second.deliveries, 2U);
  EXPECT_EQ(queue->heartbeat(first).value(), LeaseState::kLost);
  EXPECT_EQ(queue->publish_result(task.key, Bytes{1}).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_result(task.key, Bytes{2}).value(), Stored::kAlreadyThere);
  EXPECT_EQ(queue->acknowledge(second).value(), LeaseState::kHeld);
}

/// Is set back at the first sleep, when somebody waits already.
class ClockSetWhileWaiting final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  void sleep(Milliseconds duration) override {
    now_ += duration - std::exchange(back_, Milliseconds(0));
    slept_ += duration;
  }
  [[nodiscard]] Milliseconds slept() const { return slept_; }

 private:
  Instant now_{Milliseconds(1'800'000'000'000)};
  Milliseconds back_ = hours(3);
  Milliseconds slept_{0};
};

TEST_F(ClockJump, BackWhileSomebodyWaitsDoesNotMakeHimWaitForHours) {
  ClockSetWhileWaiting clock;
  const auto queue = open(clock);
  EXPECT_FALSE(queue->result({"tenant", "none", 0}, Milliseconds(1'000)).value());
  EXPECT_LE(clock.slept(), Milliseconds(2'000));
}

/// Jobs of several stages and shards; workers, of which some die, under a clock that is set now and then.
class Site {
 public:
  Site(const std::string& folder, std::uint64_t seed) : random_(seed) {
    queue_ = EmbeddedQueue::open(folder + "/queue", {.lease = kLease, .retention = kYear, .survives_power_loss = false},
                                 clock_)
                 .value();
    blobs_ = EmbeddedBlobs::open(folder + "/blobs", {.survives_power_loss = false}).value();
  }

  void submit(const std::vector<std::uint32_t>& shards) {
    const std::string name = "job" + std::to_string(jobs_.size());
    jobs_.push_back(make_job(name, shards, make_inputs(name), clock_.now() + kYear));
    ASSERT_EQ(submit_job(*queue_, *blobs_, jobs_.back(), cast_.submitter, make_inputs(name)).value(), Stored::kStored);
  }

  /// Until nothing is left to do; false if that takes longer than it may.
  bool serve() {
    for (int round = 0; round < 2'000; ++round) {
      if (queue_->status().value().tasks == 0) return true;
      if (draws(20)) (void)queue_->fetch(lanes_, Milliseconds(0)).value();  // and dies
      if (draws(4)) jump();
      (void)serve_one(worker(true), lanes_, kShort).value();
    }
    return false;
  }

  void expect_right() const {
    for (const Job& job : jobs_) {
      const auto message = queue_->result(job.key, Milliseconds(0)).value();
      ASSERT_TRUE(message) << job.key.text();
      const Answer answer = open_answer(*message, sign_job(job, cast_.submitter), cast_.trust).value();
      ASSERT_EQ(answer.ending.status, Status::kDone) << answer.ending.cause;
      EXPECT_EQ(read_outputs(answer, *blobs_, 1 << 24).value(),
                expected_answer(job, make_inputs(job.key.job), kOutputBytes));
    }
  }

 private:
  bool draws(std::uint64_t one_in) { return random_() % one_in == 0; }
  void jump() {
    const auto most = std::int64_t{1} << (random_() % 24);  // up to four hours and a half
    const auto by = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
    clock_.set(Milliseconds(draws(2) ? by : -by));
  }
  /// While the first one works the clock may be set, and a second one look for something to do.
  Worker worker(bool first) {
    const Evaluate evaluate = [this, first](const StepInput& input, const StillMine& mine) -> base::Result<StepOutput> {
      if (first && draws(3)) jump();
      if (first && draws(3)) (void)serve_one(worker(false), lanes_, Milliseconds(0)).value();
      clock_.sleep(Milliseconds(10));
      (void)mine();
      return StepOutput{.outputs = pure_step(input.step, input.inputs, kOutputBytes)};
    };
    return {.queue = *queue_,
            .blobs = *blobs_,
            .clock = clock_,
            .identity = cast_.worker,
            .trust = cast_.trust,
            .evaluate = evaluate,
            .heartbeat_every = kLease / 3};
  }

  std::mt19937_64 random_;
  ManualClock clock_;
  Cast cast_;
  std::unique_ptr<JobQueue> queue_;
  std::unique_ptr<BlobStore> blobs_;
  std::vector<Lane> lanes_ = all_lanes(3, 3);
  std::vector<Job> jobs_;
};

TEST(ClockJumps, EveryJobIsAnsweredRight) {
  const std::uint64_t seeds = std::getenv("OBSCURA_LONG_TESTS") != nullptr ? 2'000 : 20;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TemporaryFolder folder;
    Site site(folder.path(), seed);
    for (const auto& shards : std::vector<std::vector<std::uint32_t>>{{1}, {1, 3, 1}, {2, 1, 2}}) site.submit(shards);
    ASSERT_TRUE(site.serve());
    site.expect_right();
  }
}

}  // namespace
}  // namespace obscura::deploy::net::testing
