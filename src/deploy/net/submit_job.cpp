#include "deploy/net/submit_job.hpp"

#include <fmt/format.h>

#include <utility>

#include "deploy/net/detail/payload.hpp"
#include "deploy/net/receipt.hpp"

namespace obscura::deploy::net {

base::Result<Stored> submit_job(JobQueue& queue, BlobStore& blobs, const Job& job,
                                const artifact::SigningKey& submitter,
                                std::span<const std::vector<std::uint8_t>> inputs, std::size_t max_inline_bytes) {
  OBSCURA_TRY_VOID(check_job(job));
  Message message;
  message.job = sign_job(job, submitter);
  OBSCURA_TRY(const std::vector<BlobRef> refs,
              detail::carry_blobs(inputs, max_inline_bytes, message, blobs.of_job(job.key)));
  if (refs != job.inputs) {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("the inputs of job {} are not those that it names", job.key.text()),
                      "sign a job for these inputs");
  }
  OBSCURA_TRY(const std::vector<std::uint8_t> bytes, encode(message));
  bool all_there = true;
  for (const Step& step : shards_of(job, 0)) {
    OBSCURA_TRY(const Stored stored, queue.publish({.key = job.key,
                                                    .step = step,
                                                    .model = job.model,
                                                    .eval_key = job.eval_key,
                                                    .deadline = job.deadline,
                                                    .message = bytes}));
    if (stored == Stored::kFull || stored == Stored::kOversized) return stored;
    all_there = all_there && stored == Stored::kAlreadyThere;
  }
  return all_there ? Stored::kAlreadyThere : Stored::kStored;
}

base::Result<Stored> cancel_job(JobQueue& queue, const Job& job, const artifact::SigningKey& submitter) {
  OBSCURA_TRY_VOID(check_job(job));
  Message message;
  message.job = sign_job(job, submitter);
  const Receipt receipt{.job = message.job->digest(),
                        .key = job.key,
                        .status = Status::kCancelled,
                        .cause = "its submitter took it back"};
  message.receipts.push_back(sign_receipt(receipt, submitter));
  OBSCURA_TRY(const std::vector<std::uint8_t> bytes, encode(message));
  OBSCURA_TRY(const Stored stored, queue.publish_result(job.key, bytes));
  if (stored == Stored::kStored) {
    OBSCURA_TRY([[maybe_unused]] const std::uint64_t removed, queue.withdraw(job.key));
  }
  return stored;
}

}  // namespace obscura::deploy::net
