#include "deploy/net/simulated_broker.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "deploy/net/simulated_time.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

// Without faults.
class SimulatedPlace final : public Backend {
 public:
  explicit SimulatedPlace(const BackendOptions& options)
      : broker_(1, {}, {.max_tasks = options.max_tasks, .lease = options.lease}) {}
  std::shared_ptr<JobQueue> connect() override {
    std::shared_ptr<SimulatedBroker::Session> session = broker_.connect(clock_);
    return {session, &session->queue()};
  }
  std::shared_ptr<BlobStore> open_blobs() override {
    std::shared_ptr<SimulatedBroker::Session> session = broker_.connect(clock_);
    return {session, &session->blobs()};
  }
  Clock& clock() override { return clock_; }

 private:
  SimulatedBroker broker_;
  ManualClock clock_;
};

const BackendFactory kSimulated{"Simulated", [](const BackendOptions& options) -> std::unique_ptr<Backend> {
                                  return std::make_unique<SimulatedPlace>(options);
                                }};

INSTANTIATE_TEST_SUITE_P(Simulated, QueueContract, ::testing::Values(kSimulated), backend_name);
INSTANTIATE_TEST_SUITE_P(Simulated, ProtocolContract, ::testing::Values(kSimulated), backend_name);

Task task_of(const Clock& clock) {
  return {.key = {"tenant", "a", 0},
          .step = {},
          .model = {},
          .eval_key = {},
          .deadline = clock.now() + std::chrono::hours(1),
          .message = {1}};
}

TEST(SimulatedBroker, ALostRequestHasNoEffectAndALostReplyHasIt) {
  ManualClock clock;
  for (const bool request : {true, false}) {
    SimulatedBroker broker(1, {.request_lost = request ? 1.0 : 0.0, .reply_lost = request ? 0.0 : 1.0}, {});
    EXPECT_EQ(broker.connect(clock)->queue().publish(task_of(clock)).error().code, base::ErrorCode::kIo);
    EXPECT_EQ(broker.connect(clock, true)->queue().status().value().tasks, request ? 0u : 1u);
    EXPECT_EQ(broker.counts().lost, 1u);
  }
}

TEST(SimulatedBroker, TheDeadHaveNoEffectAndDoNotWait) {
  ManualClock clock;
  SimulatedBroker broker(1, {}, {});
  const auto dead = broker.connect(clock);
  dead->crash();
  const Instant begin = clock.now();
  dead->clock().sleep(Milliseconds(1000));
  EXPECT_EQ(clock.now(), begin);
  EXPECT_EQ(dead->queue().publish(task_of(clock)).error().code, base::ErrorCode::kIo);
  EXPECT_TRUE(dead->crashed());
  EXPECT_EQ(broker.connect(clock)->queue().status().value().tasks, 0u);
}

TEST(SimulatedBroker, AnInterruptedBlobIsNotThereAndGoesOnWhereItStopped) {
  ManualClock clock;
  const Bytes bytes(3 * kMaxChunkBytes, 7);
  const BlobRef ref = BlobRef::of(bytes);
  SimulatedBroker broker(1, {}, {});
  const auto dying = broker.connect(clock);
  ASSERT_FALSE(dying->blobs().put(ref, bytes, [&](std::uint64_t, std::uint64_t) { dying->crash(); }));
  const auto next = broker.connect(clock);
  EXPECT_FALSE(next->blobs().has(ref).value());
  std::vector<std::uint64_t> steps;
  ASSERT_TRUE(next->blobs().put(ref, bytes, [&](std::uint64_t done, std::uint64_t) { steps.push_back(done); }));
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{2 * kMaxChunkBytes, 3 * kMaxChunkBytes}));
}

TEST(SimulatedTime, RunsActorsOneAtATimeInOrderOfTheirTimes) {
  SimulatedTime time(1);
  std::vector<int> order;
  const Instant begin = time.now();
  for (const int actor : {3, 1, 2}) {
    time.add([&order, actor](Clock& clock) {
      for (int turn = 1; turn <= 2; ++turn) {
        clock.sleep(Milliseconds(10 * actor));
        order.push_back(10 * turn + actor);
      }
    });
  }
  time.run();
  // Wakes: actor 1 at 10 and 20, 2 at 20 and 40, 3 at 30 and 60; at 20 the seed decides.
  ASSERT_EQ(order.size(), 6u);
  EXPECT_EQ(order.front(), 11);
  EXPECT_EQ((std::vector<int>(order.begin() + 3, order.end())), (std::vector<int>{13, 22, 23}));
  EXPECT_EQ(time.now() - begin, Milliseconds(60));
}

TEST(SimulatedTime, ASeedGivesTheSameRun) {
  const auto run = [](std::uint64_t seed) {
    SimulatedTime time(seed);
    std::vector<int> order;
    for (int actor = 0; actor < 8; ++actor) {
      time.add([&order, actor](Clock& clock) {
        for (int turn = 0; turn < 4; ++turn) {
          clock.sleep(Milliseconds(1));
          order.push_back(actor);
        }
      });
    }
    time.run();
    return order;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
