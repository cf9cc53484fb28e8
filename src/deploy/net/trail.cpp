#include "deploy/net/trail.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

constexpr const char* kHint = "a worker or the broker mixed up messages: submit the job again, and look at who signed";

void append(std::vector<BlobRef>& blobs, const Receipt& receipt) {
  blobs.insert(blobs.end(), receipt.outputs.begin(), receipt.outputs.end());
}

}  // namespace

std::vector<Step> steps_before(const Job& job, const Step& step) {
  std::vector<Step> steps;
  for (std::uint32_t stage = 0; stage < step.stage; ++stage) {
    const std::vector<Step> shards = shards_of(job, stage);
    steps.insert(steps.end(), shards.begin(), shards.end());
    if (shards.size() > 1) steps.push_back({stage, kMergeShard});
  }
  if (step.is_merge()) {
    const std::vector<Step> shards = shards_of(job, step.stage);
    steps.insert(steps.end(), shards.begin(), shards.end());
  }
  return steps;
}

Step last_step(const Job& job) {
  const auto stage = static_cast<std::uint32_t>(job.shards.size() - 1);
  return {stage, job.shards.back() > 1 ? kMergeShard : 0};
}

std::vector<BlobRef> inputs_of(const Job& job, const Step& step, std::span<const Receipt> receipts) {
  OBSCURA_CHECK(receipts.size() == steps_before(job, step).size(), "a step's inputs come from all receipts before it");
  std::vector<BlobRef> inputs;
  if (step.is_merge()) {
    for (const Receipt& part : receipts.last(job.shards[step.stage])) append(inputs, part);
  } else if (step.stage == 0) {
    inputs = job.inputs;
  } else {
    append(inputs, receipts.back());
  }
  return inputs;
}

base::Result<Receipt> check_receipt(const JobKey& key, const artifact::Digest& job_digest, const Step& step,
                                    const SignedStatement& statement, const Trust& trust) {
  OBSCURA_TRY(Receipt receipt, trusted_receipt(statement, trust));
  if (receipt.job != job_digest || receipt.key != key) {
    return base::fail(ErrorCode::kMismatch, fmt::format("a receipt of job {} is about another job", key.text()), kHint);
  }
  if (receipt.step != step) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("job {} has a receipt of step {} where that of step {} belongs", key.text(),
                                  receipt.step.text(), step.text()),
                      kHint);
  }
  return receipt;
}

base::Result<std::vector<Receipt>> check_trail(const Job& job, const artifact::Digest& job_digest, const Step& step,
                                               std::span<const SignedStatement> statements, const Trust& trust) {
  const std::vector<Step> expected = steps_before(job, step);
  if (statements.size() != expected.size()) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("step {} of job {} follows {} steps, its message has {} receipts", step.text(),
                                  job.key.text(), expected.size(), statements.size()),
                      kHint);
  }
  std::vector<Receipt> receipts;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    OBSCURA_TRY(Receipt receipt, check_receipt(job.key, job_digest, expected[i], statements[i], trust));
    const std::size_t before = steps_before(job, expected[i]).size();
    if (receipt.status != Status::kDone ||
        receipt.inputs != digest_of(inputs_of(job, expected[i], std::span(receipts).first(before)))) {
      return base::fail(ErrorCode::kMismatch,
                        fmt::format("step {} of job {} is not done, or read other inputs than the steps before it made",
                                    expected[i].text(), job.key.text()),
                        kHint);
    }
    receipts.push_back(std::move(receipt));
  }
  return receipts;
}

}  // namespace obscura::deploy::net
