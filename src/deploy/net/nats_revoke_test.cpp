#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nats_site.hpp"
#include "deploy/net/serve_one.hpp"
#include "deploy/net/submit_job.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

// An operator group that is shut out of a server that runs.
namespace obscura::deploy::net::testing {
namespace {

using base::ErrorCode;

constexpr Milliseconds kShort{500};

class NatsRevoke : public ::testing::Test {
 protected:
  NatsRevoke() : port_(insist(free_loopback_port())) {
    insist(write_nats_site({.folder = folder_.path(), .port = port_, .tenants = {"tenant"}, .groups = 2}));
    const NatsSiteFiles files = nats_site_files(folder_.path());
    server_ = insist(NatsServer::start(files.config_file, port_, files.log_file));
    const auto supervisor = connect("supervisor");
    insist(create_streams(*supervisor, small_streams(1000)));
    for (Lane lane : all_lanes(3)) {
      for (lane.replica = 0; lane.replica < 2; ++lane.replica) {
        insist(create_lane(*supervisor, lane, Milliseconds(30'000)));
      }
    }
  }
  [[nodiscard]] base::Result<std::shared_ptr<NatsConnection>> try_connect(const std::string& role,
                                                                          Milliseconds timeout) const {
    NatsOptions options = nats_site_role(folder_.path(), role).value();
    options.call_timeout = timeout;
    return NatsConnection::open(options);
  }
  [[nodiscard]] std::shared_ptr<NatsConnection> connect(const std::string& role,
                                                        Milliseconds timeout = Milliseconds(5'000)) const {
    return insist(try_connect(role, timeout));
  }
  [[nodiscard]] std::uint64_t messages_in(const std::string& stream) const {
    const auto supervisor = connect("supervisor");
    return detail::call_api_or_fail(*supervisor, "STREAM.INFO." + stream).value().member("state").number("messages");
  }
  [[nodiscard]] static Job job_for(const std::string& name, std::uint32_t group) {
    Job job = make_job(name, {1}, make_inputs(name), SystemClock().now() + std::chrono::hours(1));
    job.key.replica = group;
    return job;
  }
  void submit(const Job& job) const {
    const auto submitter = connect("submitter-tenant");
    ASSERT_EQ(submit_job(*NatsQueue::open(submitter, {}), *NatsBlobs::open(submitter), job, cast_.submitter,
                         make_inputs(job.key.job))
                  .value(),
              Stored::kStored);
  }
  // Whether the worker of a group takes its task and ends it.
  [[nodiscard]] bool works(std::uint32_t group) const {
    const auto connection = connect("worker-" + std::to_string(group));
    const auto queue = NatsQueue::open(connection, {.sees_results = false});
    const auto store = NatsBlobs::open(connection);
    SystemClock clock;
    Trust trust = cast_.trust;
    trust.groups = {{.number = 1, .name = "one", .workers = {cast_.stranger.verify_key()}}};
    const Worker worker{.queue = *queue,
                        .blobs = *store,
                        .clock = clock,
                        .identity = group == 0 ? cast_.worker : cast_.stranger,
                        .trust = trust,
                        .evaluate = [](const StepInput& input, const StillMine&) -> base::Result<StepOutput> {
                          return StepOutput{.outputs = pure_step(input.step, input.inputs, 100)};
                        }};
    Lane lane = all_lanes(1).front();
    lane.replica = group;
    const auto served = serve_one(worker, {&lane, 1}, Milliseconds(2'000));
    return served && served->has_value() && (*served)->ending == Ending::kEffect;
  }

  TemporaryFolder folder_;
  std::uint16_t port_;
  std::unique_ptr<NatsServer> server_;
  Cast cast_;
};

TEST_F(NatsRevoke, SlowItsWorkersNeitherTakeTasksNorPublishAndTheOthersGoOn) {
  for (const std::uint32_t group : {0U, 1U}) submit(job_for("before", group));
  EXPECT_TRUE(works(0));
  EXPECT_TRUE(works(1));
  for (const std::uint32_t group : {0U, 1U}) submit(job_for("after", group));

  const auto inside = connect("worker-1", kShort);  // since before
  const auto queue = NatsQueue::open(inside, {.sees_results = false});
  const auto told = shut_out_group(nats_site_files(folder_.path()).accounts, 1);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(*told, Reload::kTold);
  SystemClock().sleep(kShort);

  Lane lane = all_lanes(1).front();
  lane.replica = 1;
  const auto fetched = queue->fetch({&lane, 1}, kShort);
  EXPECT_FALSE(fetched && fetched->has_value());
  const std::uint64_t results = messages_in("RESULT");
  EXPECT_FALSE(queue->publish_result({"tenant", "after", 1}, Bytes{1}));
  EXPECT_FALSE(queue->publish_part({"tenant", "after", 1}, {0, 0}, Bytes{1}));
  EXPECT_FALSE(NatsBlobs::open(inside)->of_job({"tenant", "after", 1}).put(BlobRef::of(Bytes{1}), Bytes{1}, {}));
  EXPECT_EQ(messages_in("RESULT"), results);
  EXPECT_EQ(messages_in("JOBS_1"), 1u);  // nobody took it
  const auto again = try_connect("worker-1", kShort);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUntrusted);

  EXPECT_TRUE(works(0));
}

// So that a site that was down when a group was revoked does not let it in later.
TEST_F(NatsRevoke, SlowAServerThatStartsLaterKnowsToo) {
  server_.reset();
  const NatsSiteFiles files = nats_site_files(folder_.path());
  EXPECT_EQ(shut_out_group(files.accounts, 1).value(), Reload::kNobodyThere);
  server_ = insist(NatsServer::start(files.config_file, port_, files.log_file));
  EXPECT_FALSE(try_connect("worker-1", kShort));
  EXPECT_TRUE(try_connect("worker-0", Milliseconds(5'000)));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
