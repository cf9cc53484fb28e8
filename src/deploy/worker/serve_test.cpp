#include "deploy/worker/serve.hpp"

#include <gtest/gtest.h>

#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/simulated_time.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/forwarding_queue.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::worker {
namespace {

using net::testing::Blobs;

/// Cannot be reached the first few times.
class FlakyQueue final : public net::testing::ForwardingQueue {
 public:
  using ForwardingQueue::ForwardingQueue;
  base::Result<std::optional<net::Lease>> fetch(std::span<const net::Lane> lanes, net::Milliseconds timeout) override {
    if (failures-- > 0) return base::fail(base::ErrorCode::kIo, "the queue is away");
    return next_.fetch(lanes, timeout);
  }
  int failures = 0;
};

class ServeTest : public ::testing::Test {
 protected:
  void submit(const std::string& name) {
    const Blobs inputs = net::testing::make_inputs(name);
    const net::Job job = net::testing::make_job(name, {1}, inputs, clock_.now() + std::chrono::hours(1));
    ASSERT_EQ(net::submit_job(*queue_, *blobs_, job, cast_.submitter, inputs).value(), net::Stored::kStored);
  }
  void run(net::JobQueue& queue) {
    const net::Worker worker{
        .queue = queue,
        .blobs = *blobs_,
        .clock = clock_,
        .identity = cast_.worker,
        .trust = cast_.trust,
        .evaluate = [&](const net::StepInput& input, const net::StillMine&) {
          if (stop_in_work_) stopped_ = true;
          return base::Result<net::StepOutput>(net::StepOutput{net::testing::pure_step(input.step, input.inputs, 100)});
        }};
    serve(worker, {.served =
                       [&](const net::Served& served) {
                         endings_.push_back(served.ending);
                         if (endings_.size() == stop_after_) stopped_ = true;
                       },
                   .trouble = [&](const base::Error&) { ++troubles_; },
                   .is_stopped = [&] { return stopped_; },
                   .lanes = [&] { return std::span<const net::Lane>(lanes_); }});
  }

  net::testing::TemporaryFolder folder_;
  net::ManualClock clock_;
  net::testing::Cast cast_;
  std::unique_ptr<net::JobQueue> queue_ =
      net::EmbeddedQueue::open(folder_.path() + "/queue", {.survives_power_loss = false}, clock_).value();
  std::unique_ptr<net::BlobStore> blobs_ = net::EmbeddedBlobs::open(folder_.path() + "/blobs", {}).value();
  std::vector<net::Lane> lanes_ = net::testing::all_lanes(1);
  bool stopped_ = false;
  std::vector<net::Ending> endings_;
  std::size_t stop_after_ = 0;
  bool stop_in_work_ = false;
  int troubles_ = 0;
};

TEST_F(ServeTest, TakesOneTaskAfterTheOther) {
  for (const char* name : {"a", "b", "c"}) submit(name);
  stop_after_ = 3;
  run(*queue_);
  EXPECT_EQ(endings_, std::vector<net::Ending>(3, net::Ending::kEffect));
  EXPECT_EQ(queue_->status()->tasks, 0U);
  EXPECT_EQ(queue_->status()->results, 3U);
}

TEST_F(ServeTest, FinishesTheTaskInWorkAndTakesNoOther) {
  for (const char* name : {"a", "b"}) submit(name);
  stop_in_work_ = true;
  run(*queue_);
  EXPECT_EQ(endings_, std::vector<net::Ending>{net::Ending::kEffect});
  EXPECT_EQ(queue_->status()->tasks, 1U);
}

TEST_F(ServeTest, GoesOnAfterTrouble) {
  submit("a");
  FlakyQueue flaky(*queue_);
  flaky.failures = 3;
  stop_after_ = 1;
  const net::Instant start = clock_.now();
  run(flaky);
  EXPECT_EQ(troubles_, 3);
  EXPECT_EQ(endings_, std::vector<net::Ending>{net::Ending::kEffect});
  EXPECT_GE(clock_.now() - start, net::Milliseconds(250 + 500 + 1000)) << "pauses that double";
}

}  // namespace
}  // namespace obscura::deploy::worker
