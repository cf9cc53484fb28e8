#include "deploy/net/trust.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::HasSubstr;

const Instant kDeadline{Milliseconds(1)};

TEST(Trust, AJobCountsFromASubmitterOfItsTenantOnly) {
  const Cast cast;
  const Job job = make_job("job", {1}, make_inputs("job"), kDeadline);
  EXPECT_TRUE(trusted_job(sign_job(job, cast.submitter), cast.trust));
  for (const auto* signer : {&cast.other_submitter, &cast.worker, &cast.supervisor, &cast.stranger}) {
    const auto refused = trusted_job(sign_job(job, *signer), cast.trust);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUntrusted);
    EXPECT_THAT(refused.error().message, HasSubstr(artifact::fingerprint(signer->verify_key().digest())));
  }
}

// A signer that stands in the message but did not sign it.
TEST(Trust, ABorrowedNameIsRefused) {
  const Cast cast;
  SignedStatement forged = sign_job(make_job("job", {1}, make_inputs("job"), kDeadline), cast.stranger);
  forged.signer = cast.submitter.verify_key();
  EXPECT_EQ(trusted_job(forged, cast.trust).error().code, base::ErrorCode::kUntrusted);
}

TEST(Trust, WhoMayStateWhat) {
  const Cast cast;
  struct Row {
    Status status;
    bool submitter, other, worker, supervisor;
  };
  for (const Row& row :
       {Row{Status::kDone, false, false, true, false}, Row{Status::kFailed, false, false, true, true},
        Row{Status::kInvalid, false, false, true, true}, Row{Status::kExpired, false, false, true, true},
        Row{Status::kCancelled, true, false, false, false}}) {
    const Receipt receipt{.key = {"tenant", "job", 0}, .status = row.status};
    const auto counts = [&](const artifact::SigningKey& key) {
      return trusted_receipt(sign_receipt(receipt, key), cast.trust).has_value();
    };
    EXPECT_EQ(counts(cast.submitter), row.submitter) << name(row.status);
    EXPECT_EQ(counts(cast.other_submitter), row.other) << name(row.status);
    EXPECT_EQ(counts(cast.worker), row.worker) << name(row.status);
    EXPECT_EQ(counts(cast.supervisor), row.supervisor) << name(row.status);
    EXPECT_FALSE(counts(cast.stranger)) << name(row.status);
  }
}

// A worker of one group that signs another group's step would make two replicas of its own work.
TEST(Trust, AGroupStatesOnlyWhatItsOwnReplicaCameTo) {
  Cast cast;
  const artifact::SigningKey acme = key_of(20);
  cast.trust.groups = {{.number = 3, .name = "acme", .workers = {acme.verify_key()}}};
  const auto counts = [&](const artifact::SigningKey& key, std::uint32_t replica, Status status) {
    return trusted_receipt(sign_receipt({.key = {"tenant", "job", replica}, .status = status}, key), cast.trust)
        .has_value();
  };
  for (const Status status : {Status::kDone, Status::kInvalid}) {
    EXPECT_TRUE(counts(acme, 3, status));
    EXPECT_FALSE(counts(acme, 0, status));
    EXPECT_FALSE(counts(acme, 2, status));
    EXPECT_TRUE(counts(cast.worker, 0, status));
    EXPECT_FALSE(counts(cast.worker, 3, status));
  }
  EXPECT_TRUE(counts(cast.supervisor, 3, Status::kFailed));
  EXPECT_TRUE(workers_of(cast.trust, 1).empty()) << "nobody has that number";
}

}  // namespace
}  // namespace obscura::deploy::net::testing
