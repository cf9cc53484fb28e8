#include "deploy/net/trust.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::deploy::net {
namespace {

using artifact::VerifyKey;

bool contains(std::span<const VerifyKey> keys, const VerifyKey& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool submits(const Trust& trust, const VerifyKey& key) {
  return std::any_of(trust.submitters.begin(), trust.submitters.end(),
                     [&](const Submitter& submitter) { return submitter.key == key; });
}

bool submits_for(const Trust& trust, const VerifyKey& key, std::string_view tenant) {
  return std::any_of(trust.submitters.begin(), trust.submitters.end(),
                     [&](const Submitter& submitter) { return submitter.key == key && submitter.tenant == tenant; });
}

tl::unexpected<base::Error> untrusted(const VerifyKey& key, std::string_view what) {
  return base::fail(base::ErrorCode::kUntrusted,
                    fmt::format("the signer {} {}", artifact::fingerprint(key.digest()), what),
                    "have the operator add that key to the trusted ones, if it belongs to them");
}

bool works(const Trust& trust, const VerifyKey& key) {
  return contains(trust.workers, key) ||
         std::any_of(trust.groups.begin(), trust.groups.end(),
                     [&](const WorkerGroup& group) { return contains(group.workers, key); });
}

bool may_state(const Trust& trust, const VerifyKey& key, const Receipt& receipt) {
  switch (receipt.status) {
    case Status::kDone:
      return contains(workers_of(trust, receipt.key.replica), key);
    case Status::kCancelled:
      return submits_for(trust, key, receipt.key.tenant);
    case Status::kFailed:
    case Status::kInvalid:
    case Status::kExpired:
      return contains(workers_of(trust, receipt.key.replica), key) || contains(trust.supervisors, key);
  }
  return false;
}

}  // namespace

std::span<const VerifyKey> workers_of(const Trust& trust, std::uint32_t replica) {
  if (replica == 0) return trust.workers;
  const auto group = std::find_if(trust.groups.begin(), trust.groups.end(),
                                  [&](const WorkerGroup& known) { return known.number == replica; });
  return group == trust.groups.end() ? std::span<const VerifyKey>() : std::span<const VerifyKey>(group->workers);
}

base::Result<Job> trusted_job(const SignedStatement& statement, const Trust& trust) {
  if (!submits(trust, statement.signer)) return untrusted(statement.signer, "of a job is no trusted submitter");
  OBSCURA_TRY(Job job, open_job(statement));
  if (!submits_for(trust, statement.signer, job.key.tenant)) {
    return untrusted(statement.signer, fmt::format("may not submit for the tenant {}", job.key.tenant));
  }
  return job;
}

base::Result<Receipt> trusted_receipt(const SignedStatement& statement, const Trust& trust) {
  const VerifyKey& key = statement.signer;
  if (!works(trust, key) && !contains(trust.supervisors, key) && !submits(trust, key)) {
    return untrusted(key, "of a receipt is nobody who is trusted");
  }
  OBSCURA_TRY(Receipt receipt, open_receipt(statement));
  if (!may_state(trust, key, receipt)) {
    return untrusted(key, fmt::format("may not state that {} is {}", receipt.key.text(), name(receipt.status)));
  }
  return receipt;
}

}  // namespace obscura::deploy::net
