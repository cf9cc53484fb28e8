#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/pipeline.hpp"

// What every backend promises, call by call.
namespace obscura::deploy::net::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr Milliseconds kNoWait{0};
const Lane kLane = all_lanes(1).front();

Task make_task(const Clock& clock, const std::string& job, const Step& step = {}) {
  return {.key = {"tenant", job, 0},
          .step = step,
          .model = kLane.model,
          .eval_key = kLane.eval_key,
          .deadline = clock.now() + std::chrono::hours(1),
          .message = {1, 2, 3}};
}

// A place, one connection, and shorthands that insist on success.
struct Site {
  explicit Site(const BackendFactory& factory, const BackendOptions& options = {})
      : backend(factory.make(options)), queue(backend->connect()), lease(options.lease) {}

  [[nodiscard]] Task task(const std::string& job, const Step& step = {}) const {
    return make_task(backend->clock(), job, step);
  }
  [[nodiscard]] std::optional<Lease> fetch(const Lane& lane = kLane) const {
    return queue->fetch({&lane, 1}, kNoWait).value();
  }
  void pass(Milliseconds duration) const { backend->clock().sleep(duration); }

  std::unique_ptr<Backend> backend;
  std::shared_ptr<JobQueue> queue;
  Milliseconds lease;
};

TEST_P(QueueContract, ATaskArrivesAsItWasPublishedAndOnlyOnce) {
  const Site site(GetParam());
  const Task task = site.task("a", {0, 3});
  EXPECT_EQ(site.queue->publish(task).value(), Stored::kStored);
  const auto lease = site.fetch(task.lane());
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.id(), task.id());
  EXPECT_EQ(lease->task.lane(), task.lane());
  EXPECT_EQ(lease->task.deadline, task.deadline);
  EXPECT_EQ(lease->task.message, task.message);
  EXPECT_EQ(lease->deliveries, 1u);
  EXPECT_FALSE(site.fetch(task.lane()));
  EXPECT_EQ(site.queue->acknowledge(*lease).value(), LeaseState::kHeld);
  site.pass(2 * site.lease);
  EXPECT_FALSE(site.fetch(task.lane()));
}

TEST_P(QueueContract, ATaskIsTakenOncePerIdAlsoAfterItIsDone) {
  const Site site(GetParam());
  EXPECT_EQ(site.queue->publish(site.task("a")).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish(site.task("a")).value(), Stored::kAlreadyThere);
  EXPECT_EQ(site.queue->publish(site.task("a", {0, 1})).value(), Stored::kStored);
  Task replica = site.task("a");
  replica.key.replica = 1;
  EXPECT_EQ(site.queue->publish(replica).value(), Stored::kStored);
  Task other = site.task("a");
  other.key.tenant = "other";
  EXPECT_EQ(site.queue->publish(other).value(), Stored::kStored);
  while (const auto lease = site.fetch()) ASSERT_TRUE(site.queue->acknowledge(*lease));
  EXPECT_EQ(site.queue->publish(site.task("a")).value(), Stored::kAlreadyThere);
}

TEST_P(QueueContract, FetchGivesOnlyWhatTheWorkerHolds) {
  const Site site(GetParam());
  ASSERT_TRUE(site.queue->publish(site.task("a", {1, 0})));
  Lane later = kLane;
  later.stage = 1;
  for (int field = 0; field < 6; ++field) {
    Lane wrong = later;
    if (field == 0) wrong.model = digest_of_text("another");
    if (field == 1) wrong.eval_key = digest_of_text("another");
    if (field == 2) wrong.stage = 0;
    if (field == 3) wrong.replica = 1;
    if (field == 4) wrong.shard = 1;
    if (field == 5) wrong.shard = kMergeShard;
    EXPECT_FALSE(site.fetch(wrong)) << "field " << field;
  }
  const std::vector<Lane> both = {kLane, later};
  EXPECT_TRUE(site.queue->fetch(both, kNoWait).value());
}

TEST_P(QueueContract, AnUnrenewedLeaseEndsAndTheTaskGoesToAnother) {
  const Site site(GetParam());
  const auto second = site.backend->connect();
  ASSERT_TRUE(site.queue->publish(site.task("a")));
  const auto lost = site.fetch();
  ASSERT_TRUE(lost);
  site.pass(site.lease + Milliseconds(100));
  const auto taken = second->fetch({&kLane, 1}, Milliseconds(500)).value();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->deliveries, 2u);
  EXPECT_EQ(second->acknowledge(*taken).value(), LeaseState::kHeld);
  EXPECT_FALSE(site.fetch());
}

TEST_P(QueueContract, AHeartbeatRenewsTheLease) {
  const Site site(GetParam());
  ASSERT_TRUE(site.queue->publish(site.task("a")));
  const auto lease = site.fetch();
  ASSERT_TRUE(lease);
  for (int beat = 0; beat < 3; ++beat) {
    site.pass(site.lease * 6 / 10);
    EXPECT_EQ(site.queue->heartbeat(*lease).value(), LeaseState::kHeld);
    EXPECT_FALSE(site.fetch()) << "after beat " << beat;
  }
}

TEST_P(QueueContract, RetryLaterGivesTheTaskBackAfterItsDelay) {
  const Site site(GetParam());
  ASSERT_TRUE(site.queue->publish(site.task("a")));
  ASSERT_EQ(site.queue->retry_later(*site.fetch(), Milliseconds(600)).value(), LeaseState::kHeld);
  EXPECT_FALSE(site.fetch());
  site.pass(Milliseconds(700));
  const auto again = site.queue->fetch({&kLane, 1}, Milliseconds(500)).value();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->deliveries, 2u);
}

TEST_P(QueueContract, ATaskThatIsRejectedDoesNotComeBack) {
  const Site site(GetParam());
  ASSERT_TRUE(site.queue->publish(site.task("a")));
  ASSERT_TRUE(site.queue->reject(*site.fetch()));
  site.pass(2 * site.lease);
  EXPECT_FALSE(site.fetch());
  EXPECT_EQ(site.queue->status().value().tasks, 0u);
}

TEST_P(QueueContract, AfterFiveDeliveriesATaskIsAnOrphan) {
  const Site site(GetParam());
  ASSERT_TRUE(site.queue->publish(site.task("poison")));
  for (std::uint32_t delivery = 1; delivery <= kMaxDeliveries; ++delivery) {
    EXPECT_THAT(site.queue->orphans(10).value(), SizeIs(0)) << "before delivery " << delivery;
    const auto lease = site.queue->fetch({&kLane, 1}, Milliseconds(500)).value();
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->deliveries, delivery);
    site.pass(site.lease + Milliseconds(100));
  }
  EXPECT_FALSE(site.fetch());
  const auto orphans = site.queue->orphans(10).value();
  ASSERT_THAT(orphans, SizeIs(1));
  EXPECT_EQ(orphans[0].cause, OrphanCause::kTooManyDeliveries);
  EXPECT_EQ(orphans[0].deliveries, kMaxDeliveries);
  EXPECT_EQ(orphans[0].task.id(), "tenant/poison/0/0");
  EXPECT_EQ(orphans[0].task.message, site.task("poison").message);
  ASSERT_TRUE(site.queue->remove_orphan(orphans[0]));
  ASSERT_TRUE(site.queue->remove_orphan(orphans[0]));
  EXPECT_THAT(site.queue->orphans(10).value(), SizeIs(0));
}

TEST_P(QueueContract, PastItsDeadlineATaskThatNobodyHoldsIsAnOrphan) {
  const Site site(GetParam());
  Task task = site.task("late");
  task.deadline = site.backend->clock().now() + Milliseconds(500);
  ASSERT_TRUE(site.queue->publish(task));
  EXPECT_THAT(site.queue->orphans(10).value(), SizeIs(0));
  site.pass(Milliseconds(700));
  const auto orphans = site.queue->orphans(10).value();
  ASSERT_THAT(orphans, SizeIs(1));
  EXPECT_EQ(orphans[0].cause, OrphanCause::kDeadline);
}

TEST_P(QueueContract, FullIsNeitherDuplicateNorOversized) {
  const Site site(GetParam(), {.max_tasks = 2});
  EXPECT_EQ(site.queue->publish(site.task("a")).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish(site.task("b")).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish(site.task("c")).value(), Stored::kFull);
  EXPECT_EQ(site.queue->publish(site.task("a")).value(), Stored::kAlreadyThere);
  Task large = site.task("large");
  large.message.resize(kMaxMessageBytes + 1);
  EXPECT_EQ(site.queue->publish(large).value(), Stored::kOversized);
  EXPECT_EQ(site.queue->publish(site.task("a", {1, 0})).value(), Stored::kStored) << "work in hand finds room";
  ASSERT_TRUE(site.queue->acknowledge(*site.fetch()));
  Lane later = kLane;
  later.stage = 1;
  ASSERT_TRUE(site.queue->acknowledge(*site.fetch(later)));
  EXPECT_EQ(site.queue->publish(site.task("c")).value(), Stored::kStored);
}

TEST_P(QueueContract, TheFirstResultStands) {
  const Site site(GetParam());
  const JobKey key{"tenant", "a", 0};
  const Bytes first = {1};
  const Bytes second = {2};
  EXPECT_FALSE(site.queue->result(key, kNoWait).value());
  EXPECT_EQ(site.queue->publish_result(key, first).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish_result(key, second).value(), Stored::kAlreadyThere);
  EXPECT_EQ(site.queue->publish_result({"tenant", "a", 1}, second).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish_result({"other", "a", 0}, second).value(), Stored::kStored);
  EXPECT_EQ(site.backend->connect()->result(key, kNoWait).value(), first);
  EXPECT_EQ(site.queue->status().value().results, 3u);
  EXPECT_EQ(site.queue->publish_result({"tenant", "large", 0}, Bytes(kMaxMessageBytes + 1)).value(),
            Stored::kOversized);
}

TEST_P(QueueContract, TheFirstPartOfEachShardStands) {
  const Site site(GetParam());
  const JobKey key{"tenant", "a", 0};
  EXPECT_EQ(site.queue->publish_part(key, {1, 2}, Bytes{12}).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish_part(key, {1, 0}, Bytes{10}).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish_part(key, {1, 0}, Bytes{99}).value(), Stored::kAlreadyThere);
  EXPECT_EQ(site.queue->publish_part(key, {0, 0}, Bytes{1}).value(), Stored::kStored);
  EXPECT_EQ(site.queue->publish_part({"tenant", "a", 1}, {1, 1}, Bytes{2}).value(), Stored::kStored);
  auto parts = site.backend->connect()->parts(key, 1).value();
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.shard < b.shard; });
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts[0].shard, 0u);
  EXPECT_THAT(parts[0].message, ElementsAre(10));
  EXPECT_EQ(parts[1].shard, 2u);
  EXPECT_THAT(parts[1].message, ElementsAre(12));
}

// Only looks, however long one takes, may happen while the lease lasts.
TEST_P(QueueContract, WithdrawTakesWhatNobodyHolds) {
  const Site site(GetParam(), {.lease = Milliseconds(30'000)});
  ASSERT_TRUE(site.queue->publish(site.task("a", {0, 0})));
  const auto lease = site.fetch();
  ASSERT_TRUE(lease);
  ASSERT_TRUE(site.queue->publish(site.task("a", {0, 1})));
  ASSERT_TRUE(site.queue->publish(site.task("b")));
  EXPECT_EQ(site.queue->withdraw({"tenant", "a", 0}).value(), 1u);
  const auto other = site.fetch();
  ASSERT_TRUE(other);
  EXPECT_EQ(other->task.key.job, "b");
  EXPECT_FALSE(site.fetch());
  EXPECT_EQ(site.queue->acknowledge(*lease).value(), LeaseState::kHeld);
}

TEST_P(QueueContract, StatusCountsByLane) {
  const Site site(GetParam());
  for (const char* job : {"a", "b", "c"}) ASSERT_TRUE(site.queue->publish(site.task(job)));
  ASSERT_TRUE(site.fetch());
  const QueueStatus status = site.queue->status().value();
  EXPECT_EQ(status.tasks, 3u);
  ASSERT_THAT(status.lanes, SizeIs(1));
  EXPECT_EQ(status.lanes[0].lane, kLane);
  EXPECT_EQ(status.lanes[0].waiting, 2u);
  EXPECT_EQ(status.lanes[0].leased, 1u);
  EXPECT_GE(status.bytes, 9u);
}

TEST_P(QueueContract, BlobsAreWhatTheirNameSays) {
  const Site site(GetParam());
  const auto blobs = site.backend->open_blobs();
  Bytes bytes(2 * kMaxChunkBytes + 12345);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
  const BlobRef ref = BlobRef::of(bytes);
  EXPECT_FALSE(blobs->has(ref).value());
  EXPECT_EQ(blobs->get(ref, ref.size).error().code, base::ErrorCode::kNotFound);
  std::vector<std::uint64_t> steps;
  ASSERT_TRUE(blobs->put(ref, bytes, [&](std::uint64_t done, std::uint64_t total) {
    steps.push_back(done);
    EXPECT_EQ(total, bytes.size());
  }));
  EXPECT_THAT(steps, SizeIs(::testing::Ge(3u)));
  EXPECT_EQ(steps.back(), bytes.size());
  ASSERT_TRUE(blobs->put(ref, bytes, {})) << "again";
  const auto second = site.backend->open_blobs();
  EXPECT_TRUE(second->has(ref).value());
  EXPECT_EQ(second->get(ref, ref.size).value(), bytes);
  EXPECT_EQ(second->get(ref, ref.size - 1).error().code, base::ErrorCode::kLimit);
  const std::string path = ::testing::TempDir() + "obscura-contract-" + GetParam().name;
  ASSERT_TRUE(second->download(ref, path, {}));
  EXPECT_EQ(base::read_file(path, ref.size).value(), bytes);
  std::filesystem::remove(path);
  ASSERT_TRUE(second->remove(ref));
  ASSERT_TRUE(second->remove(ref)) << "again";
  EXPECT_FALSE(blobs->has(ref).value());
  EXPECT_EQ(blobs->download(ref, path, {}).error().code, base::ErrorCode::kNotFound);
}

TEST_P(QueueContract, BytesThatAreNotTheBlobAreRefused) {
  const Site site(GetParam());
  const auto blobs = site.backend->open_blobs();
  const Bytes bytes = {1, 2, 3};
  BlobRef wrong = BlobRef::of(bytes);
  wrong.sha256.bytes[0] ^= 1;
  EXPECT_EQ(blobs->put(wrong, bytes, {}).error().code, base::ErrorCode::kMismatch);
  EXPECT_FALSE(blobs->has(wrong).value());
  const BlobRef empty = BlobRef::of({});
  ASSERT_TRUE(blobs->put(empty, {}, {}));
  EXPECT_EQ(blobs->get(empty, 0).value(), Bytes());
}

}  // namespace
}  // namespace obscura::deploy::net::testing
