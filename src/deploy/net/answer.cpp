#include "deploy/net/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/net/detail/payload.hpp"
#include "deploy/net/trail.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

// A job that was not done: what counts is the last receipt, and that it is about this job.
base::Result<Receipt> open_ending(const Job& job, const artifact::Digest& digest, const SignedStatement& statement,
                                  const Trust& trust) {
  OBSCURA_TRY(Receipt ending, trusted_receipt(statement, trust));
  // A task that nobody could read, or that was altered on its way, is refused without this job's digest.
  const bool unread = ending.job == artifact::Digest{} || ending.status == Status::kInvalid;
  const bool refused = ending.status != Status::kDone && ending.status != Status::kCancelled;
  if (ending.key != job.key || (ending.job != digest && !(refused && unread))) {
    return base::fail(ErrorCode::kMismatch, fmt::format("the result of job {} is about another job", job.key.text()),
                      "a job of the same name was answered before: submit under a new name");
  }
  return ending;
}

}  // namespace

base::Result<Answer> open_answer(std::span<const std::uint8_t> message, const SignedStatement& job_statement,
                                 const Trust& trust) {
  OBSCURA_TRY(const Job job, open_job(job_statement));
  const artifact::Digest digest = job_statement.digest();
  Answer answer;
  OBSCURA_TRY(answer.message, decode(message, fmt::format("result of job {}", job.key.text())));
  const std::span<const SignedStatement> receipts = answer.message.receipts;
  if (receipts.empty()) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("the result of job {} has no receipt", job.key.text()),
                      "submit the job again");
  }
  OBSCURA_TRY(answer.ending, open_ending(job, digest, receipts.back(), trust));
  if (answer.ending.status != Status::kDone) return answer;
  const Step last = last_step(job);
  OBSCURA_TRY(answer.ending, check_receipt(job.key, digest, last, receipts.back(), trust));
  OBSCURA_TRY(answer.trail, check_trail(job, digest, last, receipts.first(receipts.size() - 1), trust));
  if (answer.ending.inputs != digest_of(inputs_of(job, last, answer.trail))) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("the last step of job {} read other inputs than the steps before it made", job.key.text()),
        "a worker mixed up messages: submit the job again, and look at who signed");
  }
  return answer;
}

base::Result<std::vector<std::vector<std::uint8_t>>> read_outputs(const Answer& answer, BlobStore& blobs,
                                                                  std::uint64_t max_bytes) {
  return detail::read_blobs_of(answer.message, answer.ending.outputs, blobs.of_job(answer.ending.key), max_bytes);
}

}  // namespace obscura::deploy::net
