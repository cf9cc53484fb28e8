#include "deploy/net/embedded_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "deploy/net/detail/sqlite.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/simulated_time.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::HasSubstr;

// On simulated time: leases need no waiting.
class EmbeddedPlace final : public Backend {
 public:
  explicit EmbeddedPlace(const BackendOptions& options) : options_(options) {}
  std::shared_ptr<JobQueue> connect() override {
    return EmbeddedQueue::open(folder_.path() + "/queue",
                               {.max_tasks = options_.max_tasks, .lease = options_.lease, .survives_power_loss = false},
                               clock_)
        .value();
  }
  std::shared_ptr<BlobStore> open_blobs() override {
    return EmbeddedBlobs::open(folder_.path() + "/blobs", {.survives_power_loss = false}).value();
  }
  Clock& clock() override { return clock_; }

 private:
  BackendOptions options_;
  TemporaryFolder folder_;
  ManualClock clock_;
};

const BackendFactory kEmbedded{"Embedded", [](const BackendOptions& options) -> std::unique_ptr<Backend> {
                                 return std::make_unique<EmbeddedPlace>(options);
                               }};

INSTANTIATE_TEST_SUITE_P(Embedded, QueueContract, ::testing::Values(kEmbedded), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, ProtocolContract, ::testing::Values(kEmbedded), backend_name);

Task task_named(const std::string& job, const Clock& clock) {
  return {.key = {"tenant", job, 0},
          .step = {},
          .model = {},
          .eval_key = {},
          .deadline = clock.now() + std::chrono::hours(1),
          .message = Bytes(1000)};
}

TEST(EmbeddedQueue, HoldsItsLimitOfBytes) {
  const TemporaryFolder folder;
  ManualClock clock;
  const auto queue =
      EmbeddedQueue::open(folder.path() + "/queue", {.max_task_bytes = 2500, .max_result_bytes = 1500}, clock).value();
  EXPECT_EQ(queue->publish(task_named("a", clock)).value(), Stored::kStored);
  EXPECT_EQ(queue->publish(task_named("b", clock)).value(), Stored::kStored);
  EXPECT_EQ(queue->publish(task_named("c", clock)).value(), Stored::kFull);
  EXPECT_EQ(queue->publish_result({"tenant", "a", 0}, Bytes(1000)).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_result({"tenant", "b", 0}, Bytes(1000)).value(), Stored::kFull);
  EXPECT_EQ(queue->publish_result({"tenant", "a", 0}, Bytes(1000)).value(), Stored::kAlreadyThere);
  EXPECT_EQ(queue->publish_part({"tenant", "b", 0}, {}, Bytes(1000)).value(), Stored::kFull);
  EXPECT_EQ(queue->status().value().bytes, 3000u);
}

// A job must not be known and yet never be answered: what is done is forgotten with the result, not before.
TEST(EmbeddedQueue, ForgetsResultAndTasksOfAJobTogether) {
  const TemporaryFolder folder;
  ManualClock clock;
  const auto queue = EmbeddedQueue::open(folder.path() + "/queue", {.retention = Milliseconds(10'000)}, clock).value();
  const Task task = task_named("a", clock);
  const Lane lane = task.lane();
  ASSERT_TRUE(queue->publish(task));
  ASSERT_TRUE(queue->acknowledge(queue->fetch({&lane, 1}, Milliseconds(0)).value().value()));
  clock.sleep(Milliseconds(9'000));
  ASSERT_TRUE(queue->publish_part(task.key, {}, Bytes{1}));
  ASSERT_TRUE(queue->publish_result(task.key, Bytes{1}));
  clock.sleep(Milliseconds(9'000));
  ASSERT_TRUE(queue->orphans(1));
  EXPECT_TRUE(queue->has_result(task.key).value());
  EXPECT_EQ(queue->publish(task).value(), Stored::kAlreadyThere);
  clock.sleep(Milliseconds(2'000));
  ASSERT_TRUE(queue->orphans(1));
  EXPECT_FALSE(queue->has_result(task.key).value());
  EXPECT_TRUE(queue->parts(task.key, 0).value().empty());
  EXPECT_EQ(queue->status().value().bytes, 0u);
  EXPECT_EQ(queue->publish(task).value(), Stored::kStored);
}

TEST(EmbeddedQueue, FetchWaitsForATask) {
  const TemporaryFolder folder;
  ManualClock clock;
  const auto queue = EmbeddedQueue::open(folder.path() + "/queue", {}, clock).value();
  const Instant begin = clock.now();
  const Lane lane = all_lanes(1).front();
  EXPECT_FALSE(queue->fetch({&lane, 1}, Milliseconds(1'000)).value());
  EXPECT_EQ(clock.now() - begin, Milliseconds(1'000));
  EXPECT_FALSE(queue->result({"tenant", "a", 0}, Milliseconds(70)).value());
  EXPECT_EQ(clock.now() - begin, Milliseconds(1'070));
}

TEST(EmbeddedQueue, ManyAtOnceOpenANewQueue) {
  for (int round = 0; round < 20; ++round) {
    const TemporaryFolder folder;
    std::vector<std::thread> threads;
    std::vector<std::string> errors(6);
    for (std::size_t i = 0; i < errors.size(); ++i) {
      threads.emplace_back([&, i] {
        ManualClock clock;
        const auto queue = EmbeddedQueue::open(folder.path() + "/queue", {}, clock);
        if (!queue) {
          errors[i] = queue.error().message;
        } else if ((*queue)->publish(task_named("job" + std::to_string(i), clock)).value() != Stored::kStored) {
          errors[i] = "not stored";
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(errors, ::testing::Each(""));
    ManualClock clock;
    EXPECT_EQ(EmbeddedQueue::open(folder.path() + "/queue", {}, clock).value()->status().value().tasks, errors.size());
  }
}

TEST(EmbeddedQueue, ADatabaseOfAnotherVersionIsRefused) {
  const TemporaryFolder folder;
  ManualClock clock;
  const std::string path = folder.path() + "/queue";
  ASSERT_TRUE(EmbeddedQueue::open(path, {}, clock));
  ASSERT_TRUE(EmbeddedQueue::open(path, {}, clock)) << "again";
  ASSERT_TRUE(detail::Database::open(path).value().run("PRAGMA user_version = 2"));
  const auto refused = EmbeddedQueue::open(path, {}, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("version 2"));
}

TEST(EmbeddedQueue, AFolderThatIsNotThereIsAnIoError) {
  ManualClock clock;
  const auto refused = EmbeddedQueue::open("/nonexistent/queue", {}, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kIo);
  EXPECT_THAT(refused.error().message, HasSubstr("/nonexistent/queue"));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
