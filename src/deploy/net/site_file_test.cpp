#include "deploy/net/site_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "deploy/net/nats_config.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr const char* kReach =
    "server tls://hub1.example:4222  # any of them\nserver tls://hub2.example:4222\n\nca ca.crt\ncertificate own.crt\n"
    "certificate_key own.key\nseed own.seed\n";

// A folder with what a site file names, as others must not read it.
class SiteFileTest : public ::testing::Test {
 protected:
  SiteFileTest() {
    for (const char* name : {"ca.crt", "own.crt", "own.key", "own.seed"}) std::ofstream(path(name)) << "x";
    for (const char* name : {"own.seed", "own.key"}) fs::permissions(path(name), fs::perms::owner_read);
    fs::create_directory(path("trust"));
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  [[nodiscard]] base::Result<SiteFile> read(const std::string& text) const {
    std::ofstream(path("it.site")) << text;
    return read_site_file(path("it.site"));
  }
  // Refused with `code`, in a sentence that names the file and has these words.
  void expect_refused(ErrorCode code, const std::string& text, const std::string& words) const {
    const auto got = read(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, code) << got.error().message;
    EXPECT_NE(got.error().message.find(words), std::string::npos) << got.error().message;
    EXPECT_FALSE(got.error().hint.empty());
  }
  deploy::net::testing::TemporaryFolder folder_;
};

TEST_F(SiteFileTest, SaysHowAClientReachesItsSite) {
  const auto file = read(std::string(kReach) + "role client\ntenant clinic\ntrust trust\ntimeout_ms 700\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->role, SiteRole::kClient);
  EXPECT_EQ(file->tenant, "clinic");
  EXPECT_EQ(file->reach.servers, (std::vector<std::string>{"tls://hub1.example:4222", "tls://hub2.example:4222"}));
  EXPECT_EQ(file->reach.ca_file, path("ca.crt"));
  EXPECT_EQ(file->reach.certificate_file, path("own.crt"));
  EXPECT_EQ(file->reach.key_file, path("own.key"));
  EXPECT_EQ(file->reach.seed_file, path("own.seed"));
  EXPECT_EQ(file->reach.api_prefix, kImportedApiPrefix);
  EXPECT_EQ(file->reach.call_timeout, Milliseconds(700));
  EXPECT_EQ(file->trust_folder, path("trust"));
}

TEST_F(SiteFileTest, TakesPathsFromTheRootAsTheyStand) {
  const auto file = read("server tls://h:1\nca " + path("ca.crt") + "\nseed own.seed\nrole worker\ngroup 2\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->reach.ca_file, path("ca.crt"));
  EXPECT_EQ(file->group, 2U);
  EXPECT_EQ(file->trust_folder, "");
}

TEST_F(SiteFileTest, HasTheLimitsOfTheAdministrator) {
  const auto file =
      read(std::string(kReach) +
           "role admin\ngroups 3\ncopies 5\nlease_ms 1500\nmax_job_bytes 7\nmax_tasks 8\n"
           "max_task_bytes 9\nmax_step_bytes 10\nmax_result_bytes 11\nmax_part_bytes 12\n"
           "max_blob_bytes 13\nmax_model_bytes 16\nretention_s 14\nresubmit_after_s 15\nblob_retention_s 17\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->reach.api_prefix, "$JS.API");
  EXPECT_EQ(file->settings, (NatsSettings{Milliseconds(1500), 7, 3, 5, std::chrono::seconds(17)}));
  const NatsStreamOptions& streams = file->streams;
  EXPECT_EQ(streams.groups, 3U);
  EXPECT_EQ(streams.copies, 5U);
  EXPECT_EQ(streams.max_jobs, 8);
  EXPECT_EQ(streams.max_job_bytes, 9);
  EXPECT_EQ(streams.max_step_bytes, 10);
  EXPECT_EQ(streams.max_result_bytes, 11);
  EXPECT_EQ(streams.max_part_bytes, 12);
  EXPECT_EQ(streams.max_blob_bytes, 13);
  EXPECT_EQ(streams.max_model_bytes, 16);
  EXPECT_EQ(streams.blob_retention, std::chrono::seconds(17));
  EXPECT_EQ(streams.retention, std::chrono::seconds(14));
  EXPECT_EQ(streams.resubmit_after, std::chrono::seconds(15));
}

TEST_F(SiteFileTest, RefusesALineThatMeansNothingAndSaysWhich) {
  for (const auto& [line, words] :
       {std::pair("server nats://h:1", "line 1: this is no address"), std::pair("server tls://", "no address"),
        std::pair("role king", "line 1: this is no role"), std::pair("tenant a.b", "line 1: this cannot be a tenant"),
        std::pair("ca", "`ca` has no value"), std::pair("lease_ms", "`lease_ms` has no value"),
        std::pair("colour red", "line 1: this begins with no name"),
        std::pair("group -1", "line 1, has a line that means nothing"), std::pair("group 1000", "line 1, has a line"),
        std::pair("copies 6", "line 1, has a line"), std::pair("lease_ms 99", "line 1, has a line"),
        std::pair("timeout_ms soon", "line 1, has a line")}) {
    expect_refused(ErrorCode::kUsage, std::string(line) + "\n" + kReach, words);
    expect_refused(ErrorCode::kUsage, std::string(line) + "\n" + kReach, path("it.site"));
  }
}

// As in a list of roles: a seed in the file, instead of the name of its own, is not spread by what is said about it.
TEST_F(SiteFileTest, RepeatsNoSeed) {
  const std::string seed = reveal_nkey_seed(testing::key_of(3));
  for (const char* name : {"", "seed ", "tenant ", "role ", "group ", "server ", "lease_ms ", "trust ", "king "}) {
    const auto got = read(name + seed + "\n");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message.find(seed.substr(0, 8)), std::string::npos) << name;
    EXPECT_EQ(got.error().hint.find(seed.substr(0, 8)), std::string::npos) << name;
    EXPECT_NE(got.error().message.find("line 1"), std::string::npos) << name;
  }
}

TEST_F(SiteFileTest, AnUnknownWordIsToldWhichWordsThereAre) {
  const auto got = read("colour red\n");
  ASSERT_FALSE(got);
  for (const char* word : {"server", "ca", "role", "tenant", "timeout_ms", "limit"}) {
    EXPECT_NE(got.error().hint.find(word), std::string::npos) << got.error().hint;
  }
}

TEST_F(SiteFileTest, RefusesALineOfAnotherRole) {
  for (const auto& [line, role] : {std::pair("max_tasks 5", "owner"), std::pair("tenant clinic", "worker"),
                                   std::pair("group 1", "owner"), std::pair("server_pid pid", "owner")}) {
    const std::string name = std::string(line).substr(0, std::string(line).find(' '));
    expect_refused(ErrorCode::kUsage, std::string(kReach) + line + "\nrole " + role + "\n",
                   "line 8: `" + name + "` in the site file of the role " + role);
  }
}

TEST_F(SiteFileTest, RefusesALineThatIsRepeated) {
  for (const char* line : {"role owner", "ca ca.crt", "seed own.seed", "timeout_ms 700"}) {
    const std::string name = std::string(line).substr(0, std::string(line).find(' '));
    expect_refused(ErrorCode::kUsage, std::string(kReach) + "role owner\ntimeout_ms 700\n" + line + "\n",
                   "line 10: `" + name + "` stands in line");
  }
}

// They are not there: who answers jobs with the same file may not see them.
TEST_F(SiteFileTest, SaysWhichFilesOfAServerItsAdministratorLooksAfter) {
  const std::string begin = std::string(kReach) + "role admin\n";
  const auto file = read(begin + "server_roles roles.conf\nserver_accounts accounts.conf\nserver_pid a.pid\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->server.roles, path("roles.conf"));
  EXPECT_EQ(file->server.accounts, path("accounts.conf"));
  EXPECT_EQ(file->server.pid, path("a.pid"));
  expect_refused(ErrorCode::kUsage, begin + "server_accounts accounts.conf\n", "`server_roles`");
  expect_refused(ErrorCode::kUsage, begin + "server_roles roles.conf\n", "`server_accounts`");
}

TEST_F(SiteFileTest, SaysWhatIsMissing) {
  expect_refused(ErrorCode::kUsage, kReach, "`role`");
  expect_refused(ErrorCode::kUsage, std::string(kReach) + "role client\n", "`tenant`");
  expect_refused(ErrorCode::kUsage, "ca ca.crt\nseed own.seed\nrole owner\n", "`server`");
  expect_refused(ErrorCode::kUsage, "server tls://h:1\nseed own.seed\nrole owner\n", "`ca`");
  expect_refused(ErrorCode::kUsage, "server tls://h:1\nca ca.crt\nrole owner\n", "`seed`");
  const std::string reach = "server tls://h:1\nca ca.crt\nseed own.seed\nrole owner\n";
  expect_refused(ErrorCode::kUsage, reach + "certificate own.crt\n", "`certificate_key`");
  expect_refused(ErrorCode::kUsage, reach + "certificate_key own.key\n", "`certificate`");
  expect_refused(ErrorCode::kNotFound, "ca other.crt\n", "line 1: the file that it names is not there");
  EXPECT_EQ(read_site_file(path("none.site")).error().code, ErrorCode::kNotFound);
}

TEST_F(SiteFileTest, RefusesASecretThatOthersCanRead) {
  for (const char* name : {"own.seed", "own.key"}) {
    for (const auto others : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
      fs::permissions(path(name), fs::perms::owner_read | others);
      expect_refused(ErrorCode::kUntrusted, std::string(kReach) + "role owner\n", path(name));
    }
    fs::permissions(path(name), fs::perms::owner_read);
  }
}

}  // namespace
}  // namespace obscura::deploy::net
