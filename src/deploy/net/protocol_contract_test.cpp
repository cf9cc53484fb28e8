#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "deploy/net/answer.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/supervise.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/forwarding_queue.hpp"
#include "deploy/net/testing/pipeline.hpp"

// The whole protocol over every backend, one process after the other. What is killed in the middle is in
// kill_run_test.cpp (processes) and simulation_test.cpp (every other way).
namespace obscura::deploy::net::testing {
namespace {

using ::testing::HasSubstr;

constexpr Milliseconds kShort{300};
constexpr std::size_t kStages = 3;

// Owns nothing of the outside: one queue, one store, everybody's keys.
struct Site {
  explicit Site(const BackendFactory& factory, const BackendOptions& options = {})
      : backend(factory.make(options)), queue(backend->connect()), blobs(backend->open_blobs()), lease(options.lease) {}

  [[nodiscard]] Job job(const std::string& name, std::vector<std::uint32_t> shards) const {
    return make_job(name, std::move(shards), make_inputs(name), backend->clock().now() + std::chrono::hours(1));
  }
  [[nodiscard]] Stored submit(const Job& job) const {
    return submit_job(*queue, *blobs, job, cast.submitter, make_inputs(job.key.job), inline_bytes).value();
  }
  [[nodiscard]] Worker worker(Evaluate evaluate) const {
    return {.queue = *queue,
            .blobs = *blobs,
            .clock = backend->clock(),
            .identity = cast.worker,
            .trust = cast.trust,
            .evaluate = std::move(evaluate),
            .max_inline_bytes = inline_bytes,
            .heartbeat_every = lease / 3,
            .retry_delay = Milliseconds(20)};
  }
  [[nodiscard]] Worker worker() const {
    return worker([this](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
      return StepOutput{.outputs = pure_step(input.step, input.inputs, output_bytes)};
    });
  }
  // Serves until there is nothing to do; how often there was.
  int serve(const Worker& by) const {
    int served = 0;
    while (serve_one(by, all_lanes(kStages, 4), kShort).value()) ++served;
    return served;
  }
  [[nodiscard]] Answer answer(const Job& job) const {
    const auto message = queue->result(job.key, kShort).value();
    EXPECT_TRUE(message.has_value()) << job.key.text();
    return open_answer(message.value(), sign_job(job, cast.submitter), cast.trust).value();
  }
  void expect_right(const Job& job) const {
    const Answer got = answer(job);
    ASSERT_EQ(got.ending.status, Status::kDone) << got.ending.cause;
    EXPECT_EQ(read_outputs(got, *blobs, 1 << 24).value(), expected_answer(job, make_inputs(job.key.job), output_bytes));
  }

  Cast cast;
  std::unique_ptr<Backend> backend;
  std::shared_ptr<JobQueue> queue;
  std::shared_ptr<BlobStore> blobs;
  Milliseconds lease;
  std::size_t inline_bytes = kMaxInlineBytes;
  std::size_t output_bytes = 100;
};

TEST_P(ProtocolContract, JobsOfEveryShapeAreAnsweredRight) {
  const std::vector<std::vector<std::uint32_t>> shapes = {{1}, {4}, {1, 1}, {1, 3, 1}, {2, 1, 2}, {3, 3, 3}};
  for (const bool through_store : {false, true}) {
    Site site(GetParam());
    site.inline_bytes = through_store ? 0 : kMaxInlineBytes;
    std::vector<Job> jobs;
    int steps = 0;
    for (const auto& shape : shapes) {
      jobs.push_back(site.job("job" + std::to_string(jobs.size()), shape));
      steps += static_cast<int>(steps_before(jobs.back(), last_step(jobs.back())).size()) + 1;
      EXPECT_EQ(site.submit(jobs.back()), Stored::kStored);
    }
    EXPECT_EQ(site.serve(site.worker()), steps);
    for (const Job& job : jobs) site.expect_right(job);
    EXPECT_EQ(site.queue->status().value().tasks, 0u);
  }
}

TEST_P(ProtocolContract, AJobThatIsSubmittedAgainIsAnsweredOnce) {
  const Site site(GetParam());
  const Job job = site.job("again", {2, 1});
  EXPECT_EQ(site.submit(job), Stored::kStored);
  EXPECT_EQ(site.submit(job), Stored::kAlreadyThere);
  EXPECT_EQ(site.serve(site.worker()), 4);
  EXPECT_EQ(site.submit(job), Stored::kAlreadyThere);
  EXPECT_EQ(site.serve(site.worker()), 0);
  site.expect_right(job);
}

// A slow worker loses its lease, another one does the work; then the slow one comes to its end.
TEST_P(ProtocolContract, AWorkerThatComesLateChangesNothing) {
  const Site site(GetParam());
  const Job job = site.job("late", {2, 1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  Bytes first_result;
  const Worker slow = site.worker([&](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
    site.backend->clock().sleep(site.lease + Milliseconds(100));
    site.serve(site.worker());
    first_result = site.queue->result(job.key, kShort).value().value();
    return StepOutput{.outputs = pure_step(input.step, input.inputs, site.output_bytes)};
  });
  ASSERT_TRUE(serve_one(slow, all_lanes(kStages, 4), kShort).value());
  EXPECT_EQ(site.queue->result(job.key, kShort).value().value(), first_result);
  site.expect_right(job);
}

/// Does something right behind each part that is stored.
class PausingQueue final : public ForwardingQueue {
 public:
  PausingQueue(JobQueue& next, std::function<void()> after_part)
      : ForwardingQueue(next), after_part_(std::move(after_part)) {}
  base::Result<Stored> publish_part(const JobKey& key, const Step& step,
                                    std::span<const std::uint8_t> message) override {
    OBSCURA_TRY(const Stored stored, next_.publish_part(key, step, message));
    after_part_();
    return stored;
  }

 private:
  std::function<void()> after_part_;
};

// The last two parts are there before either worker looks at them: both see the last one, and there is one merge.
TEST_P(ProtocolContract, TwoThatSeeTheLastPartPublishOneMerge) {
  const Site site(GetParam());
  const Job job = site.job("race", {4, 1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  const std::vector<Lane> lanes = all_lanes(1, 4);
  for (const std::size_t shard : {0, 1}) {
    ASSERT_TRUE(serve_one(site.worker(), {&lanes[shard], 1}, kShort).value());
  }
  const auto with_queue = [&](JobQueue& queue) {
    return Worker{.queue = queue,
                  .blobs = *site.blobs,
                  .clock = site.backend->clock(),
                  .identity = site.cast.worker,
                  .trust = site.cast.trust,
                  .evaluate = site.worker().evaluate,
                  .heartbeat_every = site.lease / 3};
  };
  PausingQueue racing(*site.queue, [&] {
    EXPECT_EQ(serve_one(site.worker(), {&lanes[3], 1}, kShort).value().value().ending, Ending::kEffect);
    EXPECT_EQ(site.queue->status().value().tasks, 2u) << "the third shard, in work, and the merge";
  });
  EXPECT_EQ(serve_one(with_queue(racing), {&lanes[2], 1}, kShort).value().value().ending, Ending::kEffect);
  EXPECT_EQ(site.queue->status().value().tasks, 1u) << "one merge";
  EXPECT_EQ(site.serve(site.worker()), 2);
  site.expect_right(job);
}

// A worker holds what its lanes say: shards of others stay for them.
TEST_P(ProtocolContract, AWorkerTakesTheShardsThatItHolds) {
  const Site site(GetParam());
  const Job job = site.job("shared", {3});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  std::vector<Lane> lanes = all_lanes(1, 3);
  std::swap(lanes[0], lanes[2]);
  for (const Lane& lane : lanes) {
    const Served served = serve_one(site.worker(), {&lane, 1}, kShort).value().value();
    EXPECT_EQ(served.step, (Step{0, lane.shard}));
    EXPECT_FALSE(serve_one(site.worker(), {&lane, 1}, Milliseconds(0)).value());
  }
  site.expect_right(job);
}

TEST_P(ProtocolContract, AWorkerThatAsksLearnsThatItsLeaseIsLost) {
  const Site site(GetParam());
  const Job job = site.job("lost", {1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  const Worker slow = site.worker([&](const StepInput&, const StillMine& still_mine) -> base::Result<StepOutput> {
    EXPECT_TRUE(still_mine());
    site.backend->clock().sleep(site.lease + Milliseconds(100));
    site.serve(site.worker());
    EXPECT_FALSE(still_mine());
    return base::fail(base::ErrorCode::kIo, "stopped");
  });
  EXPECT_EQ(serve_one(slow, all_lanes(1, 4), kShort).value().value().ending, Ending::kLost);
  site.expect_right(job);
}

TEST_P(ProtocolContract, AWorkerThatMakesProgressKeepsItsLease) {
  const Site site(GetParam());
  const Job job = site.job("long", {1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  const Worker steady = site.worker([&](const StepInput& input, const StillMine& mine) -> base::Result<StepOutput> {
    for (int progress = 0; progress < 6; ++progress) {
      site.backend->clock().sleep(site.lease / 2);
      EXPECT_TRUE(mine());
      EXPECT_EQ(site.serve(site.worker()), 0);
    }
    return StepOutput{.outputs = pure_step(input.step, input.inputs, site.output_bytes)};
  });
  EXPECT_EQ(serve_one(steady, all_lanes(1, 4), kShort).value().value().ending, Ending::kEffect);
  site.expect_right(job);
}

TEST_P(ProtocolContract, AJobThatNobodySurvivesFailsWithItsCause) {
  const Site site(GetParam());
  const Job job = site.job("poison", {1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  for (std::uint32_t death = 0; death < kMaxDeliveries; ++death) {
    ASSERT_TRUE(site.queue->fetch(all_lanes(1, 4), kShort).value()) << "after death " << death;
    site.backend->clock().sleep(site.lease + Milliseconds(100));
    const bool worn = death + 1 == kMaxDeliveries;
    if (worn) {
      EXPECT_FALSE(site.queue->fetch(all_lanes(1, 4), Milliseconds(0)).value());
    }
    EXPECT_EQ(supervise(*site.queue, site.cast.supervisor).value().failed, worn ? 1u : 0u);
  }
  const Answer answer = site.answer(job);
  EXPECT_EQ(answer.ending.status, Status::kFailed);
  EXPECT_THAT(answer.ending.cause, HasSubstr("5 times"));
  EXPECT_EQ(site.queue->status().value().tasks, 0u);
}

TEST_P(ProtocolContract, WhatAWorkerCannotDoNowIsTriedAgainThenFailsWithTheRealCause) {
  const Site site(GetParam());
  const Job job = site.job("missing", {1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  std::uint32_t tries = 0;
  const Worker without_key = site.worker([&](const StepInput&, const StillMine&) -> base::Result<StepOutput> {
    ++tries;
    return base::fail(base::ErrorCode::kNotFound, "the evaluation key is not here");
  });
  for (int wait = 0; wait < 10; ++wait) site.serve(without_key);
  EXPECT_EQ(tries, kMaxDeliveries);
  EXPECT_EQ(site.answer(job).ending.status, Status::kFailed);
  EXPECT_EQ(site.answer(job).ending.cause, "the evaluation key is not here");
}

TEST_P(ProtocolContract, ErrorsOfTheEvaluationEndTheJobAtOnce) {
  const Site site(GetParam());
  for (const auto& [code, status] :
       {std::pair{base::ErrorCode::kMismatch, Status::kInvalid}, std::pair{base::ErrorCode::kUsage, Status::kFailed}}) {
    const Job job = site.job("error" + std::to_string(static_cast<int>(code)), {1});
    ASSERT_EQ(site.submit(job), Stored::kStored);
    const Worker worker = site.worker([&, code = code](const StepInput&, const StillMine&) -> base::Result<StepOutput> {
      return base::fail(code, "made for another key");
    });
    EXPECT_EQ(site.serve(worker), 1);
    EXPECT_EQ(site.answer(job).ending.status, status);
    EXPECT_EQ(site.answer(job).ending.cause, "made for another key");
  }
}

TEST_P(ProtocolContract, AnExpiredJobIsAnsweredByAWorkerOrTheSupervisor) {
  const Site site(GetParam());
  for (const bool by_worker : {true, false}) {
    Job job = site.job(by_worker ? "worker" : "supervisor", {1});
    job.deadline = site.backend->clock().now() + Milliseconds(300);
    ASSERT_EQ(site.submit(job), Stored::kStored);
    site.backend->clock().sleep(Milliseconds(500));
    if (by_worker) {
      EXPECT_EQ(site.serve(site.worker()), 1);
    } else {
      EXPECT_EQ(supervise(*site.queue, site.cast.supervisor).value().expired, 1u);
    }
    EXPECT_EQ(site.answer(job).ending.status, Status::kExpired);
  }
}

TEST_P(ProtocolContract, ACancelledJobIsAnsweredAndNotWorkedOn) {
  const Site site(GetParam());
  const Job job = site.job("cancelled", {1});
  ASSERT_EQ(site.submit(job), Stored::kStored);
  EXPECT_EQ(cancel_job(*site.queue, job, site.cast.submitter).value(), Stored::kStored);
  EXPECT_EQ(cancel_job(*site.queue, job, site.cast.submitter).value(), Stored::kAlreadyThere);
  int evaluated = 0;
  site.serve(site.worker([&](const StepInput&, const StillMine&) -> base::Result<StepOutput> {
    ++evaluated;
    return StepOutput{};
  }));
  EXPECT_EQ(evaluated, 0);
  EXPECT_EQ(site.answer(job).ending.status, Status::kCancelled);
  const Job done = site.job("done", {1});
  ASSERT_EQ(site.submit(done), Stored::kStored);
  ASSERT_EQ(site.serve(site.worker()), 1);
  EXPECT_EQ(cancel_job(*site.queue, done, site.cast.submitter).value(), Stored::kAlreadyThere);
  site.expect_right(done);
}

// More jobs than the queue holds: the submitter is told, nothing is dropped, and a full queue comes to its end.
TEST_P(ProtocolContract, AFullQueueTakesMoreOnceThereIsRoom) {
  const Site site(GetParam(), {.max_tasks = 3});
  std::vector<Job> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(site.job("job" + std::to_string(i), {2, 1, 1}));
  std::size_t next = 0;
  int refusals = 0;
  while (next < jobs.size()) {
    if (site.submit(jobs[next]) == Stored::kFull) {
      ++refusals;
      ASSERT_GT(site.serve(site.worker()), 0);
    } else {
      ++next;
    }
  }
  site.serve(site.worker());
  EXPECT_GT(refusals, 0);
  for (const Job& job : jobs) site.expect_right(job);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
