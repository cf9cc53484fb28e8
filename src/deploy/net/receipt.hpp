#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/blob_ref.hpp"
#include "deploy/net/statement.hpp"

namespace obscura::deploy::net {

/// Longest cause, in bytes.
inline constexpr std::size_t kMaxCauseBytes = 1000;

/// What came of a step. All but kDone end the job.
enum class Status : std::uint8_t {
  kDone = 1,
  kFailed = 2,     ///< it was tried, and there is no hope: five deliveries, or an error of the evaluation
  kInvalid = 3,    ///< it can never be done: signature, parameters, inputs or shape are wrong
  kExpired = 4,    ///< its deadline passed
  kCancelled = 5,  ///< its submitter took it back
};

/// "done", "failed", ...
[[nodiscard]] std::string_view name(Status status);

/// What a step cost its worker.
struct StepFigures {
  std::uint64_t evaluate_us = 0;
  std::uint64_t peak_bytes = 0;

  friend bool operator==(const StepFigures&, const StepFigures&) = default;
};

/// What somebody states about a step, under a signature: a worker about one that it took, the supervisor about one that
/// nobody could end, the submitter about a job it takes back. Evaluation is exact to the bit, so receipts of replicas
/// agree in `inputs` and `outputs`.
struct Receipt {
  artifact::Digest job = {};  ///< of the signed job's body
  JobKey key = {};
  Step step = {};
  Status status = Status::kDone;
  std::string cause = {};             ///< one sentence for people; empty when done
  std::uint32_t attempt = 0;          ///< deliveries of the task, this one included
  artifact::Digest inputs = {};       ///< digest_of() what the step read
  std::vector<BlobRef> outputs = {};  ///< what it made; empty unless done
  StepFigures figures = {};

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// SHA-256 over digests and sizes, in order.
[[nodiscard]] artifact::Digest digest_of(std::span<const BlobRef> blobs);

/// Cuts the cause to kMaxCauseBytes.
[[nodiscard]] SignedStatement sign_receipt(const Receipt& receipt, const artifact::SigningKey& signer);

/// Errors as of open_job.
[[nodiscard]] base::Result<Receipt> open_receipt(const SignedStatement& statement);

}  // namespace obscura::deploy::net
