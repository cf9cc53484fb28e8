#include "deploy/net/revoke_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "artifact/identity.hpp"
#include "deploy/net/testing/temporary_folder.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using ::testing::ElementsAre;

const Instant kNow{Milliseconds(1'800'000'000'000)};

class RevokeGroup : public ::testing::Test {
 protected:
  artifact::VerifyKey add(const std::string& group, const std::string& name) {
    fs::create_directories(fs::path(folder_.path()) / "workers" / group);
    return artifact::create_identity(folder_.path() + "/workers/" + group + "/" + name, "").value().key;
  }
  [[nodiscard]] Trust trust() const { return load_site_trust(folder_.path()).value().jobs; }

  testing::TemporaryFolder folder_;
};

TEST_F(RevokeGroup, TakesAGroupAwayAndLeavesTheOthers) {
  const auto lone = add("", "w");
  const auto acme = add("1-acme", "w");
  const auto borea = add("2-borea", "w");
  const auto done = revoke_group(folder_.path(), "acme", kNow);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->number, 1U);
  EXPECT_THAT(done->identities, ElementsAre(artifact::fingerprint(acme.digest())));
  EXPECT_THAT(trust().workers, ElementsAre(lone));
  ASSERT_EQ(trust().groups.size(), 1U);
  EXPECT_THAT(trust().groups[0].workers, ElementsAre(borea));
  EXPECT_TRUE(fs::exists(fs::path(done->folder) / "w.pub"));
  std::ifstream log(folder_.path() + "/revoked/log.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(log, line));
  EXPECT_EQ(line, R"({"time": "2027-01-15T08:00:00Z", "group": "acme", "number": 1, "workers": [")" +
                      artifact::fingerprint(acme.digest()) + "\"]}");
}

TEST_F(RevokeGroup, TakesTheWorkersWithoutAGroupAway) {
  (void)add("", "w1");
  (void)add("", "w2");
  (void)add("1-acme", "w");
  ASSERT_TRUE(revoke_group(folder_.path(), "default", kNow));
  EXPECT_TRUE(trust().workers.empty());
  EXPECT_EQ(trust().groups.size(), 1U);
}

TEST_F(RevokeGroup, MayBeDoneAgainAfterAGroupCameBack) {
  (void)add("1-acme", "w");
  const auto first = revoke_group(folder_.path(), "acme", kNow);
  (void)add("1-acme", "w");
  const auto second = revoke_group(folder_.path(), "acme", kNow);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->folder, second->folder);
  EXPECT_TRUE(trust().groups.empty());
}

TEST_F(RevokeGroup, SaysWhenThereIsNoSuchGroup) {
  (void)add("1-acme", "w");
  EXPECT_EQ(revoke_group(folder_.path(), "borea", kNow).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(revoke_group(folder_.path(), "default", kNow).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(revoke_group(folder_.path() + "/none", "acme", kNow).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obscura::deploy::net
