#include "deploy/net/detail/nats_watch.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_pulse.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/testing/nats_cluster.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::detail {
namespace {

using testing::insist;

// Stands for the API of a server with one stream, of which a test says what its leader tells.
class ToldStream {
 public:
  // The name that a look lists. In the first `readable` looks its message can be read, and nobody holds its task.
  using Listed = std::function<std::string(int look)>;

  // Calls that have `refused` in their subject are answered with an error; reads that ask by `unknown` find nothing.
  explicit ToldStream(Listed listed, int readable = 0, std::string refused = "nothing", std::string unknown = "nothing",
                      std::string stream = "JOBS_0")
      : listed_(std::move(listed)),
        readable_(readable),
        refused_(std::move(refused)),
        unknown_(std::move(unknown)),
        stream_(std::move(stream)),
        port_(insist(free_loopback_port())) {
    testing::write_text(folder_.path() + "/server.conf", fmt::format("listen: 127.0.0.1:{}\n", port_));
    server_ = insist(NatsServer::start(folder_.path() + "/server.conf", port_, folder_.path() + "/log"));
    OBSCURA_CHECK(natsConnection_ConnectTo(&connection_, url().c_str()) == NATS_OK &&
                      natsConnection_Subscribe(&subscription_, connection_, "$JS.API.>", on_request, this) == NATS_OK &&
                      natsConnection_Flush(connection_) == NATS_OK,
                  "the told stream cannot begin");
  }
  ~ToldStream() {
    natsSubscription_Destroy(subscription_);
    natsConnection_Destroy(connection_);
  }
  ToldStream(const ToldStream&) = delete;
  ToldStream& operator=(const ToldStream&) = delete;

  [[nodiscard]] std::string url() const { return fmt::format("nats://127.0.0.1:{}", port_); }
  // How often its leader was asked to step down.
  [[nodiscard]] int asked() const { return asked_; }
  // How often it was told to delete its message.
  [[nodiscard]] int deletions() const { return deletions_; }

 private:
  static void on_request(natsConnection* connection, natsSubscription*, natsMsg* message, void* self) {
    const std::string answer = static_cast<ToldStream*>(self)->answer(
        natsMsg_GetSubject(message),
        std::string(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))));
    (void)natsConnection_PublishString(connection, natsMsg_GetReply(message), answer.c_str());
    natsMsg_Destroy(message);
  }
  std::string answer(const std::string& subject, const std::string& body) {
    if (subject.find(refused_) != std::string::npos) {
      return R"({"error": {"code": 500, "err_code": 10000, "description": "not now"}})";
    }
    if (subject.ends_with("STREAM.NAMES")) return R"({"streams": [")" + stream_ + R"("]})";
    if (subject.ends_with("STEPDOWN." + stream_)) {
      ++asked_;
      return R"({"success": true})";
    }
    if (subject.ends_with("STREAM.INFO." + stream_)) {
      const std::string names = listed_(looks_++);
      return R"({"total": 1, "state": {"messages": 3, "last_seq": 9, "subjects": {)" +
             (names.empty() ? "" : "\"" + names + "\": 1") + "}}}";
    }
    if (subject.find("CONSUMER.INFO") != std::string::npos) {
      return R"({"delivered": {"stream_seq": 9}, "ack_floor": {"stream_seq": 9}})";
    }
    if (subject.ends_with("MSG.DELETE." + stream_)) {
      ++deletions_;
      return R"({"success": true})";
    }
    if (subject.ends_with("MSG.GET." + stream_) && looks_ <= readable_ && body.find(unknown_) == std::string::npos) {
      // NATS/1.0, Obscura-Deadline: 99999999999999
      return R"({"message": {"seq": 9, "data": "", "hdrs": "TkFUUy8xLjANCk9ic2N1cmEtRGVhZGxpbmU6IDk5OTk5OTk5OTk5OTk5DQoNCg==",)"
             R"("time": "t", "subject": ")" +
             listed_(0) + "\"}}";
    }
    return R"({"error": {"code": 404, "err_code": 10037, "description": "no message found"}})";
  }

  Listed listed_;
  int readable_;
  std::string refused_;
  std::string unknown_;
  std::string stream_;
  testing::TemporaryFolder folder_;
  std::uint16_t port_;
  std::unique_ptr<NatsServer> server_;
  natsConnection* connection_ = nullptr;
  natsSubscription* subscription_ = nullptr;
  std::atomic<int> looks_ = 0;
  std::atomic<int> asked_ = 0;
  std::atomic<int> deletions_ = 0;
};

int asked_in(int looks, ToldStream::Listed listed, int readable = 0) {
  ToldStream stream(std::move(listed), readable);
  const auto connection = insist(NatsConnection::open({.servers = {stream.url()}}));
  NatsWatch watch(*connection, {.lease = Milliseconds(1'000)});
  for (int look = 0; look < looks; ++look) EXPECT_TRUE(insist(watch.orphans(10)).empty());
  return stream.asked();
}

TEST(NatsWatch, ALeaderThatCountsWhatCannotBeReadIsReplaced) {
  EXPECT_EQ(asked_in(25, [](int) { return "one.that.stays"; }), 1);
  EXPECT_EQ(asked_in(25, [](int) { return ""; }), 1);
}

std::string subject_of_a_task() {
  const Lane lane = testing::all_lanes(1).front();
  return task_subject({.key = {"tenant", "job", 0},
                       .step = {},
                       .model = lane.model,
                       .eval_key = lane.eval_key,
                       .deadline = {},
                       .message = {}});
}

// What a change of leaders does to a task that was looked at before: the one that leads now lists it.
TEST(NatsWatch, SoIsOneThatLostWhatWasThereBefore) {
  EXPECT_EQ(asked_in(
                40, [](int) { return subject_of_a_task(); }, 2),
            1);
}

// What 2.9.10 does after it was killed: it lists a task, and has it, but not as the last of its subject. The task's job
// has a result.
TEST(NatsWatch, ATaskThatIsNotFoundAsTheLastOfItsSubjectIsFoundNevertheless) {
  constexpr int kLooks = 3;  // until it counts as left behind
  ToldStream stream([](int) { return subject_of_a_task(); }, kLooks, "nothing", "last_by_subj");
  const auto connection = insist(NatsConnection::open({.servers = {stream.url()}}));
  NatsWatch watch(*connection, {.lease = Milliseconds(1'000)});
  for (int look = 0; look < kLooks; ++look) EXPECT_TRUE(insist(watch.orphans(10)).empty());
  EXPECT_EQ(stream.deletions(), 1);
}

TEST(NatsQueue, AndSoIsAPartOfAStage) {
  const JobKey key{"tenant", "job", 0};
  ToldStream stream([&](int) { return part_subject(key, 0, 2); }, 1, "nothing", "last_by_subj", "PART_0");
  const auto connection =
      insist(NatsConnection::open({.servers = {stream.url()}, .call_timeout = Milliseconds(1'000)}));
  const auto parts = insist(NatsQueue::open(connection, {})->parts(key, 0));
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].shard, 2u);
}

int asked_when_refused(const std::string& call) {
  constexpr int kLooks = 3;
  ToldStream stream([](int) { return subject_of_a_task(); }, kLooks, call);
  const auto connection = insist(NatsConnection::open({.servers = {stream.url()}}));
  NatsWatch watch(*connection, {.lease = Milliseconds(1'000)});
  for (int look = 0; look < kLooks; ++look) {
    const auto orphans = watch.orphans(10);
    EXPECT_EQ(orphans ? std::nullopt : std::optional(orphans.error().code), base::ErrorCode::kIo);
  }
  return stream.asked();
}

TEST(NatsWatch, SoIsOneThatDoesNotListItsStreamButNotForAnothersTrouble) {
  EXPECT_EQ(asked_when_refused("STREAM.INFO.JOBS_0"), 1);
  EXPECT_EQ(asked_when_refused("CONSUMER.INFO.JOBS_0"), 0);
  EXPECT_EQ(asked_when_refused("STREAM.MSG.GET.JOBS_0"), 0);
}

// What a busy stream looks like: each look lists tasks that are done by the time they are read.
TEST(NatsWatch, WhatComesAndGoesIsNoReason) {
  EXPECT_EQ(asked_in(60, [](int look) { return fmt::format("task.{}", look); }), 0);
  EXPECT_EQ(asked_in(60, [](int look) { return look % 10 == 9 ? "another" : "one.that.mostly.stays"; }), 0);
}

std::string leader_of(NatsConnection& connection, const std::string& stream) {
  const auto info = call_api_or_fail(connection, "STREAM.INFO." + stream);
  return info ? info->member("cluster").text("leader") : "";
}

TEST(NatsLeaders, SlowAnotherServerLeadsAndNotEveryMoment) {
  testing::LoopbackCluster cluster;
  const auto connection = cluster.connect();
  NatsStreamOptions options = testing::small_streams(100);
  options.groups = 1;
  options.copies = 3;
  insist(create_streams(*connection, options));
  SystemClock clock;
  std::string before;
  for (int look = 0; look < 200 && before.empty(); ++look, clock.sleep(Milliseconds(50))) {
    before = leader_of(*connection, "JOBS_0");
  }
  ASSERT_NE(before, "");
  clock.sleep(Milliseconds(1'000));  // followers catch up: otherwise the vote may end as before
  NatsLeaders leaders(*connection);
  leaders.replace("JOBS_0");
  leaders.replace("JOBS_0");  // a moment later
  EXPECT_EQ(leaders.replaced(), 1u);
  std::string after;
  for (int look = 0; look < 200 && (after.empty() || after == before); ++look, clock.sleep(Milliseconds(50))) {
    after = leader_of(*connection, "JOBS_0");
  }
  EXPECT_NE(after, "");
  EXPECT_NE(after, before);
}

TEST(NatsPulse, AStreamThatTakesWhatNobodyNeedsIsLeftAsItWas) {
  testing::LoopbackServer server;
  const auto connection = server.connect();
  insist(create_streams(*connection, testing::small_streams(100)));
  NatsLeaders leaders(*connection);
  NatsPulse pulse(*connection, leaders, Milliseconds(20));
  SystemClock clock;
  const auto state = [&] { return insist(call_api_or_fail(*connection, "STREAM.INFO.JOBS_1")).member("state"); };
  for (int look = 0; look < 4; ++look, clock.sleep(Milliseconds(30))) {
    insist(pulse.look("JOBS_1", 1, state().number("last_seq")));
  }
  EXPECT_EQ(state().number("messages"), 0u);
  EXPECT_GE(state().number("last_seq"), 1u);
  EXPECT_LE(state().number("last_seq"), 3u);
  EXPECT_EQ(leaders.replaced(), 0u);
  // One that a supervisor left behind who was killed belongs to nobody.
  const Publication probe{.subject = probe_subject(1), .data = {}};
  insist(publish(*connection, probe));
  NatsWatch watch(*connection, {.lease = Milliseconds(1'000), .makes_lanes = true});
  EXPECT_TRUE(insist(watch.orphans(10)).empty());
  EXPECT_EQ(state().number("messages"), 0u);
}

TEST(NatsPulse, AStreamThatTakesNothingGetsAnotherLeaderAndOneThatIsUsedIsNotAsked) {
  ToldStream stream([](int) { return ""; });  // nobody answers what is published
  const auto connection = insist(NatsConnection::open({.servers = {stream.url()}}));
  NatsLeaders leaders(*connection);
  NatsPulse pulse(*connection, leaders, Milliseconds(20), Milliseconds(50));
  SystemClock clock;
  for (std::uint64_t look = 0; look < 5; ++look, clock.sleep(Milliseconds(30))) {
    insist(pulse.look("JOBS_0", 0, look));
  }
  EXPECT_EQ(stream.asked(), 0);
  for (int look = 0; look < 3; ++look, clock.sleep(Milliseconds(30))) insist(pulse.look("JOBS_0", 0, 4));
  EXPECT_EQ(stream.asked(), 1);
}

TEST(NatsLeaders, AServerThatIsAloneGoesOn) {
  testing::LoopbackServer server;
  const auto connection = server.connect();
  insist(create_streams(*connection, testing::small_streams(100)));
  NatsLeaders leaders(*connection);
  leaders.replace("JOBS_0");
  leaders.replace("JOBS_0", "nobody");
  leaders.replace("NO_SUCH_STREAM");
  EXPECT_TRUE(call_api_or_fail(*connection, "STREAM.INFO.JOBS_0"));
}

}  // namespace
}  // namespace obscura::deploy::net::detail
