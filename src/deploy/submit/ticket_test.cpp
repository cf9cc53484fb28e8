#include "deploy/submit/ticket.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::submit {
namespace {

using base::ErrorCode;

class TicketTest : public ::testing::Test {
 protected:
  static Ticket make(const std::string& name) {
    const auto inputs = net::testing::make_inputs(name);
    Ticket ticket;
    ticket.job = net::testing::make_job(name, {1, 2, 1}, inputs, net::Instant(net::Milliseconds(1'234'567)));
    ticket.source = net::testing::digest_of_text("source of " + name);
    ticket.groups = {0, 7};
    ticket.inputs = inputs;
    return ticket;
  }
  static void expect_same(const Ticket& a, const Ticket& b) {
    const artifact::SigningKey key = net::testing::key_of(1);
    EXPECT_EQ(net::sign_job(a.job, key).body, net::sign_job(b.job, key).body);
    EXPECT_EQ(a.groups, b.groups);
    EXPECT_EQ(a.source, b.source);
    EXPECT_EQ(a.inputs, b.inputs);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/tickets/tenant/" + name; }

  net::testing::TemporaryFolder folder_;
  TicketStore store_ = TicketStore::open(folder_.path() + "/tickets").value();
};

TEST_F(TicketTest, NamesTheVerySameJobAgain) {
  const Ticket ticket = make("a");
  ASSERT_TRUE(store_.keep(ticket, base::Existing::kReplace));
  const auto found = TicketStore::open(folder_.path() + "/tickets")->find("tenant", "a");
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  expect_same(**found, ticket);
  EXPECT_FALSE(*store_.find("tenant", "b"));
  EXPECT_FALSE(*store_.find("other", "a"));
}

TEST_F(TicketTest, IsReplacedWhenTheAnswerIsRead) {
  Ticket ticket = make("a");
  ASSERT_TRUE(store_.keep(ticket, base::Existing::kReplace));
  ticket.inputs.clear();
  ASSERT_TRUE(store_.keep(ticket, base::Existing::kReplace));
  expect_same(**store_.find("tenant", "a"), ticket);
}

TEST_F(TicketTest, TheFirstOfANameStandsWhenItIsToBeNew) {
  const Ticket first = make("a");
  Ticket second = first;
  second.job.deadline += net::Milliseconds(1);
  ASSERT_TRUE(store_.keep(first, base::Existing::kRefuse));
  const auto refused = store_.keep(second, base::Existing::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  expect_same(**store_.find("tenant", "a"), first);
}

TEST_F(TicketTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(store_.keep(make("a"), base::Existing::kReplace));
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0077, 0U);
}

TEST_F(TicketTest, RefusesEveryFlippedByteAndEveryCut) {
  ASSERT_TRUE(store_.keep(make("a"), base::Existing::kReplace));
  const auto whole = base::read_file(path("a"), 1 << 20).value();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto bytes = whole;
    bytes[i] ^= 0x40;
    ASSERT_TRUE(base::write_file_atomically(path("flipped"), bytes));
    const auto flipped = store_.find("tenant", "flipped");
    ASSERT_FALSE(flipped) << "byte " << i;
    const bool in_version = i == 4 || i == 5;
    EXPECT_EQ(flipped.error().code, in_version ? ErrorCode::kUnsupported : ErrorCode::kCorrupt);
    bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
    ASSERT_TRUE(base::write_file_atomically(path("cut"), bytes));
    EXPECT_FALSE(store_.find("tenant", "cut")) << "cut to " << i;
  }
}

// Version 1 had no list of groups: those jobs were for the workers without a group.
TEST_F(TicketTest, OfTheVersionBeforeGroupsIsRead) {
  Ticket ticket = make("a");
  ASSERT_TRUE(store_.keep(ticket, base::Existing::kReplace));
  auto bytes = base::read_file(path("a"), 1 << 20).value();
  std::size_t behind = 4 + 32;  // the number of requests, and the digest of the file
  for (const auto& input : ticket.inputs) behind += 8 + input.size();
  const std::size_t groups = 4 + 4 * ticket.groups.size();
  const auto end = bytes.end() - static_cast<std::ptrdiff_t>(behind);
  bytes.erase(end - static_cast<std::ptrdiff_t>(groups), end);
  bytes[4] = 1;
  const artifact::Digest digest = artifact::sha256(std::span(bytes).first(bytes.size() - 32));
  std::copy(digest.bytes.begin(), digest.bytes.end(), bytes.end() - 32);
  ASSERT_TRUE(base::write_file_atomically(path("a"), bytes));
  ticket.groups = {0};
  const auto found = store_.find("tenant", "a");
  ASSERT_TRUE(found) << found.error().message;
  expect_same(**found, ticket);
}

TEST_F(TicketTest, NamesOneJobPerGroup) {
  const Ticket ticket = make("a");
  EXPECT_EQ(ticket.job_of(7).key, (net::JobKey{"tenant", "a", 7}));
  EXPECT_EQ(ticket.job_of(7).inputs, ticket.job.inputs);
}

}  // namespace
}  // namespace obscura::deploy::submit
