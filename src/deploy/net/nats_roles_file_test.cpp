#include "deploy/net/nats_roles_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "deploy/net/nkey.hpp"
#include "deploy/net/testing/nats_place.hpp"
#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;
using ::testing::Not;

std::string key(std::uint8_t fill) {
  return nkey_public(key_of(fill).verify_key());
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

NatsRoles some_roles() {
  return {.supervisor = key(1),
          .owner = key(2),
          .tenants = {{.name = "clinic", .submitters = {key(3), key(4)}}, {.name = "lab", .submitters = {key(5)}}},
          .groups = {{.workers = {key(6)}}, {.workers = {key(7), key(8)}, .revoked = true}}};
}

class NatsRolesFile : public ::testing::Test {
 protected:
  [[nodiscard]] base::Result<NatsRoles> read(const std::string& text) const {
    write_text(path_, text);
    return read_nats_roles(path_);
  }
  void expect_refused(const std::string& text, const std::string& words) const {
    const auto got = read(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kUsage);
    EXPECT_THAT(got.error().message, HasSubstr(words));
    EXPECT_THAT(got.error().message, HasSubstr(path_));
    EXPECT_FALSE(got.error().hint.empty());
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/roles.conf";
};

TEST_F(NatsRolesFile, WhatIsWrittenIsRead) {
  const auto roles = read(nats_roles_text(some_roles()));
  ASSERT_TRUE(roles) << roles.error().message;
  EXPECT_EQ(nats_accounts(*roles), nats_accounts(some_roles()));
  EXPECT_EQ(nats_roles_text(*roles), nats_roles_text(some_roles()));
}

TEST_F(NatsRolesFile, RefusesALineThatMeansNothingAndSaysWhich) {
  const std::string begin = "supervisor " + key(1) + "\nowner " + key(2) + " # the vendor\n";
  expect_refused(begin + "king " + key(3), "line 3: this means nothing");
  expect_refused(begin + "worker " + key(3), "line 3: this means nothing");
  expect_refused(begin + "worker 64 " + key(3), "line 3: this is no number");
  expect_refused(begin + "worker -1 " + key(3), "line 3: this is no number");
  expect_refused(begin + "worker 0 " + key(3).substr(1), "is no public nkey");
  expect_refused(begin + "worker 0 " + reveal_nkey_seed(key_of(3)), "is no public nkey");
  expect_refused(begin + "tenant a.b " + key(3), "line 3: this cannot be a tenant");
  expect_refused(begin + "worker 0 " + key(2), "line 3: " + key(2) + " stands above already");
  expect_refused(begin + "owner " + key(3), "line 3: a second owner");
}

// A seed, pasted where a public key belongs or anywhere else, is not spread by what is said about it.
TEST_F(NatsRolesFile, RepeatsNoSeed) {
  const std::string seed = reveal_nkey_seed(key_of(3));
  const std::string begin = "supervisor " + key(1) + "\nowner " + key(2) + "\n";
  for (const std::string& line :
       {seed, seed + " " + key(3), "worker 0 " + seed, "worker " + seed + " " + key(3), "worker " + seed,
        "tenant " + seed + " " + key(3), "tenant clinic " + seed, "tenant " + seed, "revoked " + seed, "owner " + seed,
        "king " + seed, "supervisor " + key(1) + " " + seed}) {
    const auto got = read(begin + line + "\n");
    ASSERT_FALSE(got) << "a line with a seed was read";
    EXPECT_THAT(got.error().message, Not(HasSubstr(seed.substr(0, 8))));
    EXPECT_THAT(got.error().hint, Not(HasSubstr(seed.substr(0, 8))));
    EXPECT_THAT(got.error().message, HasSubstr(path_ + ", line 3: "));
  }
}

TEST_F(NatsRolesFile, SaysWhatIsMissing) {
  expect_refused("owner " + key(2) + "\nworker 0 " + key(3), "no supervisor");
  expect_refused("supervisor " + key(2) + "\nworker 0 " + key(3), "no owner");
  const std::string begin = "supervisor " + key(1) + "\nowner " + key(2) + "\n";
  expect_refused(begin, "no worker");
  expect_refused(begin + "worker 1 " + key(3), "operator group 0");
  EXPECT_EQ(read_nats_roles(folder_.path() + "/none").error().code, ErrorCode::kNotFound);
}

TEST_F(NatsRolesFile, AGroupThatIsShutOutStaysSoAndTheOthersAreAsBefore) {
  NatsRoles roles = some_roles();
  roles.groups[1].revoked = false;
  // As an administrator leaves it: with words of its own, and no end to the last line.
  const std::string before = "# asked for by the clinic\n" + nats_roles_text(roles) + "# reviewed in May";
  write_text(path_, before);
  const NatsServerFiles files{.roles = path_, .accounts = folder_.path() + "/accounts.conf", .pid = {}};
  for (int time = 0; time < 2; ++time) {
    const auto done = shut_out_group(files, 1);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(*done, Reload::kNotAsked);
    EXPECT_EQ(text_of(path_), before + "\nrevoked 1\n");
    EXPECT_THAT(text_of(files.accounts), ::testing::EndsWith(nats_accounts(some_roles())));
  }
  EXPECT_THAT(text_of(files.accounts), HasSubstr("WORKERS_1 { }"));
  EXPECT_THAT(text_of(files.accounts), ::testing::Not(HasSubstr("JOBS_1.*\", accounts")));
  EXPECT_THAT(text_of(files.accounts), HasSubstr("JOBS_0.*\", accounts: [WORKERS_0]"));
  EXPECT_EQ(shut_out_group(files, 2).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(text_of(path_), before + "\nrevoked 1\n");
}

TEST_F(NatsRolesFile, AListThatIsNotThereIsSaidSoAndNothingIsWritten) {
  const NatsServerFiles files{.roles = path_, .accounts = folder_.path() + "/accounts.conf", .pid = {}};
  const auto done = shut_out_group(files, 1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(done.error().message, HasSubstr(path_));
  EXPECT_EQ(read_nats_roles(files.accounts).error().code, ErrorCode::kNotFound);
}

TEST_F(NatsRolesFile, AServerThatCannotBeAskedForIsNotTakenForNone) {
  write_text(path_, nats_roles_text(some_roles()));
  const NatsServerFiles files{.roles = path_, .accounts = folder_.path() + "/accounts.conf", .pid = folder_.path()};
  const auto done = apply_nats_roles(files);  // a folder cannot be read
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kIo);
  EXPECT_THAT(done.error().message, HasSubstr("the accounts are written"));
  EXPECT_THAT(text_of(files.accounts), ::testing::EndsWith(nats_accounts(some_roles())));
}

// The number in the file may have become anybody's.
TEST_F(NatsRolesFile, OnlyAServerIsTold) {
  write_text(path_, nats_roles_text(some_roles()));
  const NatsServerFiles files{
      .roles = path_, .accounts = folder_.path() + "/accounts.conf", .pid = folder_.path() + "/pid"};
  EXPECT_EQ(apply_nats_roles(files).value(), Reload::kNobodyThere);
  for (const std::string& pid : {std::to_string(::getpid()), std::string("-1"), std::string("nobody")}) {
    write_text(files.pid, pid);
    EXPECT_EQ(apply_nats_roles(files).value(), Reload::kNobodyThere) << pid;
  }
}

}  // namespace
}  // namespace obscura::deploy::net::testing
