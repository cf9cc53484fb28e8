#include "deploy/net/nats_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

constexpr Milliseconds kNoWait{0};

const BackendFactory kNats{"Nats", [](const BackendOptions& options) -> std::unique_ptr<Backend> {
                             return std::make_unique<NatsPlace>(options);
                           }};

// Leases run on real time here: minutes.
INSTANTIATE_TEST_SUITE_P(SlowNats, QueueContract, ::testing::Values(kNats), backend_name);
INSTANTIATE_TEST_SUITE_P(SlowNats, ProtocolContract, ::testing::Values(kNats), backend_name);

// What was acknowledged is there after the server was killed, and connections come back by themselves.
TEST(NatsQueue, OutlivesItsServer) {
  NatsPlace place({.lease = Milliseconds(300)});
  const auto queue = place.connect();
  const auto lanes = all_lanes(1);
  const Task task = task_named("a");
  ASSERT_EQ(queue->publish(task).value(), Stored::kStored);
  ASSERT_EQ(queue->publish_part(task.key, {0, 1}, Bytes{7}).value(), Stored::kStored);
  const auto lease = queue->fetch(lanes, kNoWait).value();
  ASSERT_TRUE(lease);
  place.server().kill_now();
  place.server().start();
  EXPECT_EQ(queue->publish(task).value(), Stored::kAlreadyThere);
  EXPECT_EQ(queue->publish_part(task.key, {0, 1}, Bytes{8}).value(), Stored::kAlreadyThere);
  EXPECT_THAT(queue->parts(task.key, 0).value()[0].message, ::testing::ElementsAre(7));
  // The server may have forgotten who had the task: then the supervisor brings it back.
  std::optional<Lease> again;
  for (int look = 0; look < 20 && !again; ++look) {
    EXPECT_TRUE(queue->orphans(10).value().empty());
    again = queue->fetch(lanes, Milliseconds(200)).value();
  }
  ASSERT_TRUE(again);
  EXPECT_EQ(again->task.message, task.message);
  EXPECT_EQ(again->task.deadline, task.deadline);
  EXPECT_EQ(queue->acknowledge(*again).value(), LeaseState::kHeld);
  EXPECT_EQ(queue->status().value().tasks, 0u);
}

TEST(NatsQueue, AFullStreamOfJobsLeavesRoomForStepsAndResults) {
  NatsPlace place({.max_tasks = 1});
  const auto queue = place.connect();
  EXPECT_EQ(queue->publish(task_named("a")).value(), Stored::kStored);
  EXPECT_EQ(queue->publish(task_named("b")).value(), Stored::kFull);
  EXPECT_EQ(queue->publish(task_named("a")).value(), Stored::kAlreadyThere);
  EXPECT_EQ(queue->publish(task_named("a", {1, 0})).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_result({"tenant", "a", 0}, Bytes{1}).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_result({"tenant", "a", 0}, Bytes{2}).value(), Stored::kAlreadyThere);
  EXPECT_EQ(place.connect()->result({"tenant", "a", 0}, kNoWait).value(), Bytes{1});
}

TEST(NatsQueue, AGroupSeesOnlyItsReplica) {
  NatsPlace place({});
  const auto queue = place.connect();
  Task second = task_named("a");
  second.key.replica = 1;
  ASSERT_EQ(queue->publish(second).value(), Stored::kStored);
  EXPECT_FALSE(queue->fetch(all_lanes(1), kNoWait).value());
  const Lane lane = second.lane();
  const auto lease = queue->fetch({&lane, 1}, kNoWait).value();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.id(), second.id());
}

TEST(NatsQueue, ATaskThatCannotBeReadIsRemoved) {
  NatsPlace place({});
  const auto queue = place.connect();
  const auto rogue = place.server().connect();
  const Lane lane = all_lanes(1).front();
  const std::string subject = "obscura.job." + lane.model.hex() + ".0." + lane.eval_key.hex() + ".no!tenant.a.0.r0";
  ASSERT_TRUE(rogue->ask({.subject = subject}));
  EXPECT_EQ(queue->status().value().tasks, 1u);
  EXPECT_FALSE(queue->fetch({&lane, 1}, kNoWait).value());
  EXPECT_EQ(queue->status().value().tasks, 0u);
}

// Makes the lane of make_job's first stage, but its consumer among the jobs looks elsewhere: what lies there goes to
// nobody, as after some crashes of a server.
void make_forgetful_lane(NatsConnection& connection) {
  const Lane lane = all_lanes(1).front();
  Lane elsewhere = lane;
  elsewhere.model = digest_of_text("another");
  for (const bool steps : {true, false}) {
    const std::string stream = steps ? "STEPS_0" : "JOBS_0";
    const std::string name = detail::consumer_name(lane);
    const std::string body = "{\"stream_name\": \"" + stream + "\", \"config\": {\"durable_name\": \"" + name +
                             "\", \"ack_policy\": \"explicit\", \"deliver_policy\": \"all\", \"filter_subject\": \"" +
                             detail::lane_filter(steps ? lane : elsewhere, steps) + "\"}}";
    ASSERT_TRUE(detail::call_api_or_fail(connection, "CONSUMER.DURABLE.CREATE." + stream + "." + name, body));
  }
}

// A queue whose server has forgotten the one task that lies in it.
struct ForgottenTask {
  ForgottenTask() {
    make_forgetful_lane(*connection);
    OBSCURA_CHECK(queue->publish(task).value() == Stored::kStored, "the task was there before");
  }
  NatsPlace place{{}};
  std::shared_ptr<NatsConnection> connection = place.server().connect();
  std::unique_ptr<JobQueue> queue = NatsQueue::open(connection, {});
  Task task = task_named("a");
};

TEST(NatsQueue, ATaskThatTheServerForgotIsPublishedAnew) {
  const ForgottenTask forgotten;
  const auto& [place, connection, queue, task] = forgotten;
  for (int look = 0; look < 3; ++look) {
    EXPECT_FALSE(queue->fetch(all_lanes(1), kNoWait).value());
    EXPECT_TRUE(queue->orphans(10).value().empty());
  }
  const auto lease = queue->fetch(all_lanes(1), kNoWait).value();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.id(), task.id());
  EXPECT_EQ(lease->task.message, task.message);
  EXPECT_EQ(lease->task.deadline, task.deadline);
  EXPECT_EQ(queue->status().value().tasks, 1u);
}

TEST(NatsQueue, ATaskThatTheServerForgotIsRemovedWhenItsJobIsDone) {
  const ForgottenTask forgotten;
  const auto& [place, connection, queue, task] = forgotten;
  ASSERT_EQ(queue->publish_result(task.key, Bytes{1}).value(), Stored::kStored);
  for (int look = 0; look < 3; ++look) EXPECT_TRUE(queue->orphans(10).value().empty());
  EXPECT_EQ(queue->status().value().tasks, 0u);
}

// A stream that was reset counts anew, and what it counted to before is gone.
TEST(NatsQueue, PartsAreReadAfterTheirStreamWasReset) {
  NatsPlace place({});
  const auto connection =
      NatsConnection::open({.servers = {place.server().url()}, .call_timeout = Milliseconds(1'000)}).value();
  const auto queue = NatsQueue::open(connection, {});
  const JobKey key{"tenant", "a", 0};
  for (const std::uint32_t shard : {0u, 1u, 2u}) {
    ASSERT_EQ(queue->publish_part(key, {0, shard}, Bytes{1}).value(), Stored::kStored);
  }
  ASSERT_EQ(queue->parts(key, 0).value().size(), 3u);
  ASSERT_TRUE(detail::call_api_or_fail(*connection, "STREAM.DELETE.PART_0"));
  insist(create_streams(*connection, small_streams(1000)));
  ASSERT_EQ(queue->publish_part(key, {0, 1}, Bytes{2}).value(), Stored::kStored);
  const auto parts = queue->parts(key, 0);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ((*parts)[0].shard, 1u);
}

// A note that a reset took with it, or that is about what lay at this sequence before, says nothing about a task.
TEST(NatsQueue, ANoteThatIsGoneHidesNoTask) {
  NatsPlace place({});
  const auto rogue = place.server().connect();
  const auto queue = place.connect();
  Task task = task_named("a");
  task.deadline = SystemClock().now() - Milliseconds(1);
  ASSERT_EQ(queue->publish(task).value(), Stored::kStored);
  const std::string note = R"({"stream": "JOBS_0", "stream_seq": 1, "deliveries": 5})";
  ASSERT_TRUE(rogue->ask({.subject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.JOBS_0.lane",
                          .data = {reinterpret_cast<const std::uint8_t*>(note.data()), note.size()}}));
  const auto noted = queue->orphans(10).value();
  ASSERT_EQ(noted.size(), 1u);
  EXPECT_EQ(noted[0].cause, OrphanCause::kTooManyDeliveries);
  ASSERT_TRUE(detail::call_api_or_fail(*rogue, "STREAM.PURGE.WORN"));
  const auto orphans = queue->orphans(10).value();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].cause, OrphanCause::kDeadline);
}

// A task that cannot be published anew stays where it is.
TEST(NatsQueue, AForgottenTaskThatFindsNoNewPlaceIsKept) {
  const ForgottenTask forgotten;
  const auto& [place, connection, queue, task] = forgotten;
  const auto info = connection->ask({.subject = "$JS.API.STREAM.INFO.STEPS_0"}).value();
  auto config = nlohmann::json::parse(info.data().begin(), info.data().end())["config"];
  config["max_msg_size"] = 1;
  ASSERT_TRUE(detail::call_api_or_fail(*connection, "STREAM.UPDATE.STEPS_0", config.dump()));
  for (int look = 0; look < 7; ++look) EXPECT_TRUE(queue->orphans(10).value().empty());
  EXPECT_EQ(queue->status().value().tasks, 1u);
}

// A submitter may neither list nor delete: whoever fetches the task of a cancelled job finds its result.
TEST(NatsQueue, WhoMakesNoLanesWithdrawsNothing) {
  NatsPlace place({});
  const auto queue = NatsQueue::open(place.server().connect(), {});
  ASSERT_EQ(queue->publish(task_named("a")).value(), Stored::kStored);
  EXPECT_EQ(queue->withdraw({"tenant", "a", 0}).value(), 0u);
  EXPECT_EQ(place.connect()->withdraw({"tenant", "a", 0}).value(), 1u);
}

TEST(NatsQueue, WithoutItsStreamsItSaysSo) {
  const LoopbackServer server;
  const auto connection = NatsConnection::open({.servers = {server.url()}, .call_timeout = Milliseconds(200)}).value();
  const auto stored = NatsQueue::open(connection, {})->publish(task_named("a"));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, base::ErrorCode::kIo);
  EXPECT_THAT(stored.error().hint, ::testing::HasSubstr("streams"));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
