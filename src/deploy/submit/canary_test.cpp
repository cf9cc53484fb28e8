#include "deploy/submit/canary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::submit {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using net::testing::digest_of_text;
using ::testing::HasSubstr;
using ::testing::Not;

const net::BlobRef kModel{digest_of_text("model"), 5};
const net::BlobRef kKeys{digest_of_text("keys"), 6};

Canary canary(const std::string& name) {
  return {.model = kModel,
          .eval_keys = kKeys,
          .request = net::testing::make_inputs(name).front(),
          .made = {{digest_of_text(name + "1"), 10}, {digest_of_text(name + "2"), 11}}};
}

/// A group's answer: what the stages of the canary make, changed from `wrong_from` (from 0) on.
ReplicaOutcome outcome(const Canary& canary, std::uint32_t group, const std::string& name, std::size_t wrong_from) {
  std::vector<net::Receipt> receipts;
  for (std::uint32_t stage = 0; stage < canary.made.size(); ++stage) {
    net::BlobRef made = canary.made[stage];
    if (stage >= wrong_from) made.sha256.bytes[0] ^= 1;
    receipts.push_back({.step = {stage, 0}, .outputs = {made}});
  }
  net::Answer answer;
  answer.ending = receipts.back();
  receipts.pop_back();
  answer.trail = receipts;
  ReplicaOutcome outcome{.group = group, .name = name};
  outcome.answer = answer;
  return outcome;
}

class CanaryTest : public ::testing::Test {
 protected:
  net::testing::TemporaryFolder folder_;
  CanaryStock stock_ = CanaryStock::open(folder_.path() + "/stock").value();
};

TEST_F(CanaryTest, IsTakenOnce) {
  ASSERT_TRUE(stock_.add(canary("a")));
  ASSERT_TRUE(stock_.add(canary("b")));
  EXPECT_FALSE(stock_.add(canary("a"))) << "the same request twice would be recognised";
  EXPECT_EQ(stock_.left(kModel, kKeys).value(), 2U);
  CanaryStock other = CanaryStock::open(folder_.path() + "/stock").value();
  const auto first = stock_.take(kModel, kKeys).value();
  const auto second = other.take(kModel, kKeys).value();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->request, second->request);
  const Canary expected = canary(first->request == canary("a").request ? "a" : "b");
  EXPECT_EQ(first->request, expected.request);
  EXPECT_EQ(first->made, expected.made);
  EXPECT_FALSE(stock_.take(kModel, kKeys).value());
  EXPECT_EQ(stock_.left(kModel, kKeys).value(), 0U);
}

TEST_F(CanaryTest, IsForOneModelAndItsKeys) {
  ASSERT_TRUE(stock_.add(canary("a")));
  EXPECT_FALSE(stock_.take(kKeys, kKeys).value());
  EXPECT_FALSE(stock_.take(kModel, kModel).value());
  EXPECT_TRUE(stock_.take(kModel, kKeys).value());
}

TEST_F(CanaryTest, IsForItsOwnerOnlyAndRefusedWhenAltered) {
  ASSERT_TRUE(stock_.add(canary("a")));
  std::string path;
  for (const auto& entry : fs::directory_iterator(folder_.path() + "/stock")) {
    if (entry.is_regular_file()) path = entry.path().string();
  }
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077, 0U);
  const auto whole = base::read_file(path, 1 << 20).value();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto bytes = whole;
    bytes[i] ^= 0x10;
    ASSERT_TRUE(base::write_file_atomically(path, bytes));
    const auto flipped = stock_.take(kModel, kKeys);
    ASSERT_FALSE(flipped) << "byte " << i;
    const bool in_version = i == 4 || i == 5;
    EXPECT_EQ(flipped.error().code, in_version ? ErrorCode::kUnsupported : ErrorCode::kCorrupt);
    bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
    ASSERT_TRUE(base::write_file_atomically(path, bytes));
    EXPECT_FALSE(stock_.take(kModel, kKeys)) << "cut to " << i;
  }
}

// A stock of gigabytes is counted before each command and after it.
TEST_F(CanaryTest, IsCountedByTheBeginningsOfItsFiles) {
  ASSERT_TRUE(stock_.add(canary("a")));
  ASSERT_TRUE(stock_.add(canary("b")));
  for (const auto& entry : fs::directory_iterator(folder_.path() + "/stock")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 4 + 2 + 2 * 40);  // what it is for, and no more
  }
  std::ofstream(folder_.path() + "/stock/none.canary") << "OBSY";
  EXPECT_EQ(stock_.left(kModel, kKeys).value(), 2U);
  EXPECT_EQ(stock_.left(kKeys, kModel).value(), 0U);
  EXPECT_FALSE(stock_.take(kModel, kKeys));
}

TEST(CheckCanary, NamesWhoAnsweredWrongAndFromWhichStageOn) {
  const Canary known = canary("a");
  const ReplicaOutcome right = outcome(known, 1, "acme", 2);
  const ReplicaOutcome wrong = outcome(known, 2, "borea", 1);
  ReplicaOutcome forged{.group = 3, .name = "cobo"};
  forged.not_credible = {ErrorCode::kUntrusted, "a forged signature", ""};
  EXPECT_TRUE(check_canary(known, "j", std::vector{right}).value());
  const auto one = check_canary(known, "j", std::vector{right, wrong});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code, ErrorCode::kDisagreement);
  EXPECT_THAT(one.error().message, HasSubstr("borea from stage 2 on"));
  EXPECT_THAT(one.error().message, Not(HasSubstr("acme")));
  // All in agreement, and wrong: replicas that collude are what canaries are for.
  const auto all = check_canary(known, "j", std::vector{wrong, outcome(known, 1, "acme", 0)});
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("borea from stage 2 on; by acme from stage 1 on"));
  EXPECT_THAT(check_canary(known, "j", std::vector{right, forged}).error().message, HasSubstr("cobo"));
}

TEST(CheckCanary, AGroupThatRefusesProvesNothing) {
  const Canary known = canary("a");
  ReplicaOutcome silent{.group = 1, .name = "acme"};
  silent.refusal = {ErrorCode::kExpired, "too late", ""};
  EXPECT_FALSE(check_canary(known, "j", std::vector{silent}).value());
  EXPECT_TRUE(check_canary(known, "j", std::vector{silent, outcome(known, 2, "borea", 2)}).value());
}

}  // namespace
}  // namespace obscura::deploy::submit
