#pragma once

#include <cstdint>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/statement.hpp"

namespace obscura::deploy::net {

inline constexpr std::size_t kMaxStages = 64;
inline constexpr std::size_t kMaxShards = 64;
/// Most inputs of a job, and most outputs of a step.
inline constexpr std::size_t kMaxBlobs = 256;

/// What a submitter asks for: one evaluation of one sealed model. It stays the same, under the submitter's signature,
/// through all stages; replicas of a job differ in `key.replica` only.
struct Job {
  JobKey key;
  artifact::Digest model;             ///< of the manifest of the sealed model
  artifact::Digest params;            ///< of the parameter set that model, key and inputs share
  artifact::Digest eval_key;          ///< of the evaluation keys
  std::vector<std::uint32_t> shards;  ///< per stage, into how many shards it is split: 1 to kMaxShards
  std::vector<BlobRef> inputs;        ///< request ciphertexts, in the plan's order
  Instant deadline;                   ///< no step begins after it
};

/// Error: kUsage, naming the field that is out of its range.
[[nodiscard]] base::Result<void> check_job(const Job& job);

/// The job must pass check_job.
[[nodiscard]] SignedStatement sign_job(const Job& job, const artifact::SigningKey& submitter);

/// The job, if the signer that stands there signed it: the signature first, then the bytes.
/// Errors: kUntrusted (signature), kCorrupt, kUnsupported (another version).
[[nodiscard]] base::Result<Job> open_job(const SignedStatement& statement);

/// Whether `step` is one of the job: a shard of a stage, or the merge of a stage with several.
[[nodiscard]] bool has_step(const Job& job, const Step& step);

/// The steps of a stage that run side by side: its shards.
[[nodiscard]] std::vector<Step> shards_of(const Job& job, std::uint32_t stage);

}  // namespace obscura::deploy::net
