#include "deploy/net/detail/publish_effect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/net/message.hpp"
#include "deploy/net/trail.hpp"

namespace obscura::deploy::net::detail {
namespace {

using base::ErrorCode;

bool is_there(Stored stored) {
  return stored == Stored::kStored || stored == Stored::kAlreadyThere;
}

// A message too large to encode would be refused by every queue.
base::Result<Stored> publish_task(JobQueue& queue, const Job& job, const Step& step, const Message& message,
                                  const Insist& insist) {
  const auto bytes = encode(message);
  if (!bytes) return Stored::kOversized;
  const Task task{.key = job.key,
                  .step = step,
                  .model = job.model,
                  .eval_key = job.eval_key,
                  .deadline = job.deadline,
                  .message = *bytes};
  return insist([&] { return queue.publish(task); });
}

// Adds the receipts of all parts, in order of shard, and what they carry. False when a part is still missing.
base::Result<bool> collect_parts(JobQueue& queue, const OpenTask& open, std::uint32_t stage, const Trust& trust,
                                 Message& merge) {
  const Job& job = open.job;
  OBSCURA_TRY(std::vector<Part> parts, queue.parts(job.key, stage));
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.shard < b.shard; });
  const std::vector<Step> shards = shards_of(job, stage);
  if (parts.size() < shards.size()) return false;
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    const std::string what = fmt::format("part {} of job {}", shards[shard].text(), job.key.text());
    OBSCURA_TRY(Message part, decode(parts[shard].message, what));
    if (part.receipts.size() != 1) {
      return base::fail(ErrorCode::kCorrupt, fmt::format("{} has {} receipts, not its own", what, part.receipts.size()),
                        "a worker published nonsense: look at who may publish parts");
    }
    OBSCURA_TRY([[maybe_unused]] const Receipt receipt,
                check_receipt(job.key, open.job_digest, shards[shard], part.receipts.front(), trust));
    merge.receipts.push_back(std::move(part.receipts.front()));
    for (auto& bytes : part.attachments) {
      if (!attach(merge, std::move(bytes))) {
        return base::fail(ErrorCode::kMismatch, fmt::format("{} carries more than its share of a message", what),
                          "a worker published nonsense: look at who may publish parts");
      }
    }
  }
  return true;
}

base::Result<Stored> publish_part(JobQueue& queue, const OpenTask& open, const Step& step,
                                  const SignedStatement& receipt,
                                  const std::vector<std::vector<std::uint8_t>>& attachments, const Trust& trust,
                                  const Insist& insist) {
  const auto bytes = encode({.job = std::nullopt, .receipts = {receipt}, .attachments = attachments});
  if (!bytes) return Stored::kOversized;
  OBSCURA_TRY(const Stored stored, insist([&] { return queue.publish_part(open.job.key, step, *bytes); }));
  if (!is_there(stored)) return stored;
  Message merge{.job = open.message.job, .receipts = open.message.receipts, .attachments = {}};
  OBSCURA_TRY(const bool complete, collect_parts(queue, open, step.stage, trust, merge));
  if (!complete) return stored;
  return publish_task(queue, open.job, {step.stage, kMergeShard}, merge, insist);
}

}  // namespace

std::size_t inline_share(const Job& job, const Step& step) {
  const std::size_t shards = job.shards[step.stage];
  return step.is_merge() || shards == 1 ? kMaxInlineBytes : kMaxInlineBytes / shards;
}

base::Result<Stored> publish_effect(JobQueue& queue, const OpenTask& open, const Step& step,
                                    const SignedStatement& receipt,
                                    const std::vector<std::vector<std::uint8_t>>& attachments, const Trust& trust,
                                    const Insist& insist) {
  const Job& job = open.job;
  if (!step.is_merge() && job.shards[step.stage] > 1) {
    return publish_part(queue, open, step, receipt, attachments, trust, insist);
  }
  Message message{.job = open.message.job, .receipts = open.message.receipts, .attachments = attachments};
  message.receipts.push_back(receipt);
  if (step == last_step(job)) {
    const auto bytes = encode(message);
    if (!bytes) return Stored::kOversized;
    return insist([&] { return queue.publish_result(job.key, *bytes); });
  }
  Stored outcome = Stored::kAlreadyThere;
  for (const Step& next : shards_of(job, step.stage + 1)) {
    OBSCURA_TRY(const Stored stored, publish_task(queue, job, next, message, insist));
    if (!is_there(stored)) return stored;
    if (stored == Stored::kStored) outcome = stored;
  }
  return outcome;
}

}  // namespace obscura::deploy::net::detail
