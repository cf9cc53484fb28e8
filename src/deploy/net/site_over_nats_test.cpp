#include "deploy/net/site_over_nats.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"
#include "deploy/net/nats_site.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

// A real server, reached as programs reach it: by a site file per role.
namespace obscura::deploy::net::testing {
namespace {

using base::ErrorCode;

class SiteOverNats : public ::testing::Test {
 protected:
  SiteOverNats() : port_(insist(free_loopback_port())) {
    insist(write_nats_site({.folder = folder_.path(), .port = port_, .tenants = {"clinic"}, .groups = 2}));
    const NatsSiteFiles files = nats_site_files(folder_.path());
    server_ = insist(NatsServer::start(files.config_file, port_, files.log_file));
    write_role("admin", "supervisor",
               "role admin\ngroups 2\nlease_ms 1700\nmax_job_bytes 5000\nmax_blob_bytes 100000000\n"
               "blob_retention_s 7200\n");
    write_role("owner", "owner", "role owner\n");
    write_role("worker", "worker-1", "role worker\ngroup 1\n");
    write_role("client", "submitter-clinic", "role client\ntenant clinic\n");
  }
  void write_role(const std::string& name, const std::string& role, const std::string& more) const {
    write_text(path(name), fmt::format("server tls://127.0.0.1:{0}\nca ca.crt\ncertificate roles/{1}.crt\n"
                                       "certificate_key roles/{1}.key\nseed roles/{1}.seed\ntimeout_ms 3000\n{2}",
                                       port_, role, more));
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name + ".site"; }
  [[nodiscard]] net::Site open(const std::string& name) { return insist(open_site(path(name), clock_)); }

  TemporaryFolder folder_;
  std::uint16_t port_;
  std::unique_ptr<NatsServer> server_;
  SystemClock clock_;
};

// What the server itself counts leases with.
std::uint64_t ack_wait_ms(NatsConnection& admin, const Lane& lane) {
  const auto info = insist(detail::call_api_or_fail(
      admin, fmt::format("CONSUMER.INFO.{}.{}", detail::jobs_stream(lane.replica), detail::consumer_name(lane))));
  return info.member("config").number("ack_wait") / 1'000'000;
}

CatalogueEntry entry(int number) {
  const Bytes model = {1, static_cast<std::uint8_t>(number)};
  const Bytes keys = {2, static_cast<std::uint8_t>(number)};
  return {BlobRef::of(model), BlobRef::of(keys)};
}

TEST_F(SiteOverNats, SlowIsPreparedByTheAdministratorAndSaysItsSettings) {
  EXPECT_EQ(open_site(path("owner"), clock_).error().code, ErrorCode::kIo) << "there is no stream yet";
  EXPECT_EQ(prepare_site(path("owner")).error().code, ErrorCode::kUsage);
  for (int time = 0; time < 2; ++time) insist(prepare_site(path("admin")));
  for (const char* role : {"admin", "owner", "worker", "client"}) {
    const net::Site site = open(role);
    EXPECT_EQ(site.lease, Milliseconds(1700)) << role;
    EXPECT_EQ(site.max_job_bytes, 5000U) << role;
    EXPECT_EQ(site.groups, 2U) << role;
    EXPECT_EQ(site.blob_retention, std::chrono::hours(2)) << role;
    EXPECT_EQ(site.folder, "") << role;
  }
  EXPECT_EQ(open("worker").group, 1U);
  EXPECT_EQ(open("client").tenant, "clinic");
  write_role("admin", "supervisor", "role admin\ngroups 2\nlease_ms 2500\n");
  insist(prepare_site(path("admin")));
  EXPECT_EQ(open("worker").lease, Milliseconds(2500));
  write_role("worker", "worker-1", "role worker\ngroup 2\n");
  EXPECT_EQ(open_site(path("worker"), clock_).error().code, ErrorCode::kUsage);
}

TEST_F(SiteOverNats, ATaskGoesFromTheClientToTheWorkerOfItsGroup) {
  insist(prepare_site(path("admin")));
  Task task;
  task.key = {"clinic", "a", 1};
  task.model = entry(0).model.sha256;
  task.eval_key = entry(0).eval_keys.sha256;
  task.deadline = clock_.now() + std::chrono::hours(1);
  task.message = {1};
  insist(open("owner").open_lane(task.lane()));
  EXPECT_FALSE(open("client").open_lane);
  EXPECT_FALSE(open("worker").open_lane);
  EXPECT_EQ(insist(open("client").queue->publish(task)), Stored::kStored);
  const Lane lane = task.lane();
  const auto fetched = insist(open("worker").queue->fetch({&lane, 1}, Milliseconds(2'000)));
  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->task.message, task.message);
  EXPECT_EQ(insist(open("admin").queue->status()).tasks, 1U);
}

TEST_F(SiteOverNats, AChangedLeaseReachesLanesThatAreOpenedAgain) {
  insist(prepare_site(path("admin")));
  const auto admin = insist(NatsConnection::open(insist(nats_site_role(folder_.path(), "supervisor"))));
  const Lane lane{entry(0).model.sha256, entry(0).eval_keys.sha256, 0, 0};
  insist(open("owner").open_lane(lane));
  EXPECT_EQ(ack_wait_ms(*admin, lane), 1700U);
  write_role("admin", "supervisor", "role admin\ngroups 2\nlease_ms 2500\n");
  insist(prepare_site(path("admin")));
  insist(open("owner").open_lane(lane));
  EXPECT_EQ(ack_wait_ms(*admin, lane), 2500U);
}

TEST_F(SiteOverNats, SlowTheOwnerListsModelsAndEverybodySeesThem) {
  insist(prepare_site(path("admin")));
  EXPECT_TRUE(insist(open("worker").catalogue->list()).empty());
  const net::Site owner = open("owner");
  for (const int number : {1, 2, 1}) insist(owner.catalogue->add(entry(number)));
  const std::vector<CatalogueEntry> both = {std::min(entry(1), entry(2)), std::max(entry(1), entry(2))};
  for (const char* role : {"admin", "owner", "worker", "client"}) {
    EXPECT_EQ(insist(open(role).catalogue->list()), both) << role;
  }
  for (const char* role : {"worker", "client"}) {
    const auto refused = open(role).catalogue->add(entry(3));
    ASSERT_FALSE(refused) << role;
    EXPECT_EQ(refused.error().code, ErrorCode::kUntrusted) << refused.error().message;
  }
  EXPECT_EQ(insist(owner.catalogue->list()), both);
}

TEST_F(SiteOverNats, WhoPushesAtTheSameTimeLosesNothing) {
  insist(prepare_site(path("admin")));
  constexpr int kEach = 10;
  std::vector<std::thread> owners;
  for (const int first : {0, 100, 200}) {
    owners.emplace_back([&, first] {
      SystemClock clock;
      const net::Site owner = insist(open_site(path("owner"), clock));
      for (int i = 0; i < kEach; ++i) insist(owner.catalogue->add(entry(first + i)));
    });
  }
  for (std::thread& owner : owners) owner.join();
  EXPECT_EQ(insist(open("worker").catalogue->list()).size(), std::size_t{3} * kEach);
}

TEST_F(SiteOverNats, AFullListSaysSo) {
  insist(prepare_site(path("admin")));
  const auto admin = insist(NatsConnection::open(insist(nats_site_role(folder_.path(), "supervisor"))));
  const std::string junk(kMaxMessageBytes - 200, 'x');
  // What is no entry counts neither as one nor as room.
  std::string text;
  std::uint64_t size = 0;
  while (text.size() + 200 < kMaxMessageBytes) {
    text += fmt::format("{} {}:{}\n", entry(0).model.text(), entry(0).eval_keys.sha256.hex(), ++size);
  }
  const auto put = [&](const std::string& list) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(list.data());
    (void)insist(admin->ask({.subject = "obscura.site.models", .data = {bytes, list.size()}}));
  };
  put(text);
  const net::Site owner = open("owner");
  const std::size_t before = insist(owner.catalogue->list()).size();
  int added = 0;
  base::Result<void> last;
  while (added < 4 && last) last = owner.catalogue->add(entry(++added));
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::kLimit);
  EXPECT_EQ(insist(owner.catalogue->list()).size(), before + static_cast<std::size_t>(added) - 1);
  put(junk);
  insist(owner.catalogue->add(entry(2)));
  EXPECT_EQ(insist(owner.catalogue->list()).size(), 1U);
}

TEST_F(SiteOverNats, SlowASiteFileOfAnotherRoleThanItsKeyIsRefused) {
  insist(prepare_site(path("admin")));
  write_role("fake", "worker-1", "role owner\n");
  const auto refused = open_site(path("fake"), clock_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUntrusted) << refused.error().message;
}

TEST_F(SiteOverNats, SlowAServerThatIsAwayIsSaid) {
  server_->kill_now();
  EXPECT_FALSE(server_->is_running());
  const auto away = open_site(path("client"), clock_);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::kIo) << away.error().message;
}

}  // namespace
}  // namespace obscura::deploy::net::testing
