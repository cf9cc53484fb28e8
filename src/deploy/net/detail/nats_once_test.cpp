#include "deploy/net/detail/nats_once.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/testing/nats_cluster.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::detail {
namespace {

using testing::insist;
using testing::LoopbackCluster;
using testing::NatsPlace;
using testing::task_named;

constexpr Milliseconds kNoWait{0};
constexpr Milliseconds kPause{100};
constexpr Milliseconds kSettled{3'000};

std::uint64_t state_of(NatsConnection& connection, const std::string& stream, const char* number) {
  return insist(call_api_or_fail(connection, "STREAM.INFO." + stream)).member("state").number(number);
}

TEST(NatsOnce, AskingForTheNewestStoresNothing) {
  NatsPlace place({});
  const auto connection = place.server().connect();
  const std::string subject = task_subject(task_named("a"));
  EXPECT_EQ(newest_on(*connection, subject).value(), 0u);
  const auto stored = insist(publish(*connection, {.subject = subject, .data = {}}));
  EXPECT_EQ(newest_on(*connection, subject).value(), stored.sequence);
  EXPECT_EQ(newest_on(*connection, task_subject(task_named("b"))).value(), 0u);
  EXPECT_EQ(state_of(*connection, "JOBS_0", "messages"), 1u);
  EXPECT_EQ(state_of(*connection, "JOBS_0", "last_seq"), stored.sequence);
}

TEST(NatsOnce, StoresUnlessTheSubjectHasANewerMessage) {
  NatsPlace place({});
  const auto connection = place.server().connect();
  const Publication publication{.subject = task_subject(task_named("a")), .data = {}};
  const auto first = insist(publish_unless_there(*connection, publication));
  EXPECT_EQ(first.stored, Stored::kStored);
  const auto second = insist(publish_unless_there(*connection, publication));
  EXPECT_EQ(second.stored, Stored::kAlreadyThere);
  EXPECT_EQ(second.sequence, first.sequence);
  const auto third = insist(publish_unless_there(*connection, publication, first.sequence));
  EXPECT_EQ(third.stored, Stored::kStored);
  EXPECT_EQ(state_of(*connection, "JOBS_0", "messages"), 2u);
  insist(delete_message(*connection, "JOBS_0", first.sequence));
  insist(delete_message(*connection, "JOBS_0", third.sequence));
  EXPECT_EQ(insist(publish_unless_there(*connection, publication)).stored, Stored::kStored);
}

// A queue of several copies: a task is known while it is there, and the first of a job also when the job is done.
TEST(NatsOnce, AQueueOfSeveralCopiesKnowsWhatWaitsAndWhatIsDone) {
  NatsPlace place({});
  const auto queue = NatsQueue::open(place.server().connect(), {.makes_lanes = true, .copies = 3});
  const auto lanes = testing::all_lanes(1);
  const Task task = task_named("a");
  EXPECT_EQ(queue->publish(task).value(), Stored::kStored);
  EXPECT_EQ(queue->publish(task).value(), Stored::kAlreadyThere) << "it waits";
  const auto lease = queue->fetch(lanes, Milliseconds(1'000)).value();
  ASSERT_TRUE(lease);
  EXPECT_EQ(queue->publish(task).value(), Stored::kAlreadyThere) << "it is held";
  ASSERT_TRUE(queue->acknowledge(*lease));
  EXPECT_EQ(queue->publish(task).value(), Stored::kStored) << "nothing tells that it was there";
  EXPECT_EQ(queue->publish_result(task.key, std::vector<std::uint8_t>{1}).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_result(task.key, std::vector<std::uint8_t>{2}).value(), Stored::kAlreadyThere);
  ASSERT_TRUE(queue->acknowledge(queue->fetch(lanes, kNoWait).value().value()));
  EXPECT_EQ(queue->publish(task).value(), Stored::kAlreadyThere) << "it is done";
  EXPECT_EQ(queue->publish_part(task.key, {0, 1}, std::vector<std::uint8_t>{1}).value(), Stored::kStored);
  EXPECT_EQ(queue->publish_part(task.key, {0, 1}, std::vector<std::uint8_t>{2}).value(), Stored::kAlreadyThere);
}

// How each server of a cluster numbers the stream of jobs.
class Copies {
 public:
  Copies() : connection_(cluster_.connect()) {
    NatsStreamOptions streams = testing::small_streams(100);
    streams.groups = 1;
    streams.copies = 3;
    insist(create_streams(*connection_, streams));
  }
  [[nodiscard]] std::unique_ptr<JobQueue> open(std::uint32_t copies) const {
    return NatsQueue::open(cluster_.connect(), {.lease = Milliseconds(5'000), .makes_lanes = true, .copies = copies});
  }
  // Kills a server that does not lead, and starts it again; waits until it has heard of all before and after.
  void restart_a_follower() {
    SystemClock().sleep(kSettled);
    const auto follower = static_cast<std::size_t>(leader() == "node0" ? 1 : 0);
    cluster_.kill_now(follower);
    cluster_.start(follower);
    SystemClock().sleep(kSettled);
  }
  // The last sequence as each server says that leads the stream in turn.
  std::set<std::uint64_t> last_sequences() {
    std::set<std::string> asked;
    std::set<std::uint64_t> sequences;
    for (int look = 0; look < 600 && asked.size() < 3; ++look, SystemClock().sleep(kPause)) {
      const std::string name = leader();
      if (!name.starts_with("node")) continue;
      if (asked.insert(name).second) sequences.insert(state_of(*connection_, "JOBS_0", "last_seq"));
      (void)call_api(*connection_, "STREAM.LEADER.STEPDOWN.JOBS_0");
    }
    EXPECT_EQ(asked.size(), 3u) << "a server never led";
    return sequences;
  }

 private:
  std::string leader() {
    const auto info = call_api_or_fail(*connection_, "STREAM.INFO.JOBS_0");
    return info ? info->member("cluster").text("leader") : "";
  }
  LoopbackCluster cluster_;
  std::shared_ptr<NatsConnection> connection_;
};

// What 2.9.10 gets wrong when it is asked to remember ids: with `.open(1)` the copies number the last task differently.
TEST(NatsOnce, SlowCopiesStayTheSameWhenAServerForgotATaskThatIsDone) {
  Copies copies;
  const auto queue = copies.open(3);
  const Task task = task_named("a");
  ASSERT_EQ(queue->publish(task).value(), Stored::kStored);
  const auto lease = queue->fetch(testing::all_lanes(1), Milliseconds(5'000)).value();
  ASSERT_TRUE(lease);
  ASSERT_TRUE(queue->acknowledge(*lease));
  copies.restart_a_follower();
  ASSERT_TRUE(queue->publish(task));
  ASSERT_EQ(queue->publish(task_named("b")).value(), Stored::kStored);
  EXPECT_EQ(copies.last_sequences().size(), 1u);
}

}  // namespace
}  // namespace obscura::deploy::net::detail
