#include "deploy/net/site.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "artifact/identity.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using testing::TemporaryFolder;

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(Site, IsTheSamePlaceUnderBothAddresses) {
  TemporaryFolder folder;
  SystemClock clock;
  const auto one = open_site(folder.path(), clock);
  const auto other = open_site("embedded:" + folder.path(), clock);
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_TRUE(other) << other.error().message;
  const testing::Bytes bytes = {1, 2, 3};
  ASSERT_TRUE(one->blobs->put(BlobRef::of(bytes), bytes, {}));
  EXPECT_EQ(other->blobs->has(BlobRef::of(bytes)).value(), true);
  EXPECT_EQ(one->trust_folder, folder.path() + "/trust");
}

TEST(Site, RefusesWhatItCannotReach) {
  TemporaryFolder folder;
  SystemClock clock;
  EXPECT_EQ(open_site(folder.path() + "/nowhere", clock).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(open_site("", clock).error().code, ErrorCode::kUsage);
  const auto elsewhere = open_site("nats://localhost:4222", clock);
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(elsewhere.error().message.find("nats://localhost:4222"), std::string::npos);
}

// What is pushed into the folder of a NATS site would reach nobody.
TEST(Site, RefusesTheFolderOfASiteThatIsReachedOverNats) {
  TemporaryFolder folder;
  SystemClock clock;
  std::filesystem::create_directory(folder.path() + "/nats");
  const auto site = open_site(folder.path(), clock);
  ASSERT_FALSE(site);
  EXPECT_EQ(site.error().code, ErrorCode::kUsage);
  EXPECT_NE(site.error().hint.find("owner.site"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/queue"));
}

TEST(Site, AFolderNeedsNoPreparation) {
  TemporaryFolder folder;
  EXPECT_TRUE(prepare_site(folder.path()));
  EXPECT_EQ(prepare_site(folder.path() + "/nowhere").error().code, ErrorCode::kNotFound);
}

TEST(Site, TakesItsLimitsFromItsFolder) {
  TemporaryFolder folder;
  SystemClock clock;
  write(folder.path() + "/site.conf", "# small\nmax_tasks 1  # one\n\nlease_ms 700\nmax_job_bytes 1000\n");
  const auto site = open_site(folder.path(), clock);
  ASSERT_TRUE(site) << site.error().message;
  EXPECT_EQ(site->lease, Milliseconds(700));
  EXPECT_EQ(site->max_job_bytes, 1000U);
  Task task;
  task.key = {"tenant", "a", 0};
  task.message = {1};
  EXPECT_EQ(site->queue->publish(task).value(), Stored::kStored);
  task.key.job = "b";
  EXPECT_EQ(site->queue->publish(task).value(), Stored::kFull);
}

TEST(Site, ReadsNothingBehindTheMark) {
  TemporaryFolder folder;
  SystemClock clock;
  write(folder.path() + "/site.conf", "max_tasks 7  # a lane-wide limit, not -1\n# -2\n");
  EXPECT_TRUE(open_site(folder.path(), clock));
}

TEST(Site, RefusesLimitsThatMeanNothing) {
  for (const char* line :
       {"max_task 1", "max_tasks", "max_tasks 0", "max_tasks -1", "max_tasks -18446744073709551615", "max_tasks 1 2",
        "lease_ms soon", "max_tasks 99999999999999999999", "survives_power_loss 2"}) {
    TemporaryFolder folder;
    SystemClock clock;
    write(folder.path() + "/site.conf", line);
    const auto site = open_site(folder.path(), clock);
    ASSERT_FALSE(site) << line;
    EXPECT_EQ(site.error().code, ErrorCode::kUsage);
    EXPECT_NE(site.error().message.find("site.conf, line 1"), std::string::npos) << site.error().message;
    EXPECT_EQ(site.error().message.find(line), std::string::npos) << "lines are not repeated";
  }
}

TEST(TrustFolder, SaysWhoIsWho) {
  TemporaryFolder folder;
  namespace fs = std::filesystem;
  for (const char* name : {"submitters/clinic", "submitters/lab", "workers", "supervisors", "owners"}) {
    fs::create_directories(fs::path(folder.path()) / name);
  }
  auto make = [&](const std::string& name) {
    return artifact::create_identity(folder.path() + "/" + name, "").value().key;
  };
  const auto clinic = make("submitters/clinic/camera");
  const auto lab = make("submitters/lab/bench");
  const auto worker = make("workers/w1");
  const auto owner = make("owners/vendor");
  const auto trust = load_site_trust(folder.path());
  ASSERT_TRUE(trust) << trust.error().message;
  ASSERT_EQ(trust->jobs.submitters.size(), 2U);
  EXPECT_EQ(trust->jobs.submitters[0].tenant, "clinic");
  EXPECT_EQ(trust->jobs.submitters[0].key, clinic);
  EXPECT_EQ(trust->jobs.submitters[1].tenant, "lab");
  EXPECT_EQ(trust->jobs.submitters[1].key, lab);
  EXPECT_EQ(trust->jobs.workers, std::vector<artifact::VerifyKey>{worker});
  EXPECT_TRUE(trust->jobs.supervisors.empty());
  ASSERT_EQ(trust->owners.identities().size(), 1U);
  EXPECT_EQ(trust->owners.identities()[0].key, owner);
}

TEST(TrustFolder, HasGroupsOfWorkersByNumber) {
  TemporaryFolder folder;
  namespace fs = std::filesystem;
  const auto make = [&](const std::string& group, const std::string& name) {
    fs::create_directories(fs::path(folder.path()) / "workers" / group);
    return artifact::create_identity(folder.path() + "/workers/" + group + "/" + name, "").value().key;
  };
  const auto lone = make("", "w1");
  const auto borea = make("12-borea-2", "w1");
  const auto acme = make("3-acme", "w1");
  const Trust trust = load_site_trust(folder.path()).value().jobs;
  EXPECT_EQ(trust.workers, std::vector<artifact::VerifyKey>{lone});
  ASSERT_EQ(trust.groups.size(), 2U);
  EXPECT_EQ(trust.groups[0].number, 3U);
  EXPECT_EQ(trust.groups[0].name, "acme");
  EXPECT_EQ(trust.groups[0].workers, std::vector<artifact::VerifyKey>{acme});
  EXPECT_EQ(trust.groups[1].number, 12U);
  EXPECT_EQ(trust.groups[1].name, "borea-2");
  EXPECT_EQ(trust.groups[1].workers, std::vector<artifact::VerifyKey>{borea});
}

// Two groups that share a number, a name or a worker would be compared with themselves.
TEST(TrustFolder, RefusesGroupsThatAreNotDistinct) {
  namespace fs = std::filesystem;
  for (const char* name :
       {"acme", "-acme", "0-acme", "64-acme", "03-acme", "3-", "3-a.b", "3-default", "x3-acme", "99999999999-a"}) {
    TemporaryFolder folder;
    fs::create_directories(fs::path(folder.path()) / "workers" / name);
    const auto refused = load_site_trust(folder.path());
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
    EXPECT_NE(refused.error().message.find(name), std::string::npos);
  }
  for (const auto& [first, second] :
       {std::pair{"1-acme", "1-borea"}, {"1-acme", "2-acme"}, {"1-acme", "2-borea"}, {"", "1-acme"}}) {
    TemporaryFolder folder;
    const fs::path workers = fs::path(folder.path()) / "workers";
    fs::create_directories(workers / first);
    fs::create_directories(workers / second);
    (void)artifact::create_identity((workers / first / "w1").string(), "").value();
    fs::copy_file(workers / first / "w1.pub", workers / second / "w2.pub");
    const auto refused = load_site_trust(folder.path());
    ASSERT_FALSE(refused) << first << " and " << second;
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  }
}

TEST(TrustFolder, RefusesWhatIsNoTrustFolder) {
  TemporaryFolder folder;
  EXPECT_EQ(load_site_trust(folder.path() + "/nowhere").error().code, ErrorCode::kNotFound);
  std::filesystem::create_directories(folder.path() + "/workers");
  write(folder.path() + "/workers/w1.pub", "not an identity");
  EXPECT_EQ(load_site_trust(folder.path()).error().code, ErrorCode::kCorrupt);
  std::filesystem::remove(folder.path() + "/workers/w1.pub");
  std::filesystem::create_directories(folder.path() + "/submitters/no tenant");
  EXPECT_EQ(load_site_trust(folder.path()).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace obscura::deploy::net
