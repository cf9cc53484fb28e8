#include "deploy/net/supervise.hpp"

#include <fmt/format.h>

#include <utility>

#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"

namespace obscura::deploy::net {
namespace {

constexpr std::size_t kOrphansAtOnce = 256;

Receipt receipt_of(const Orphan& orphan) {
  Receipt receipt{.key = orphan.task.key, .step = orphan.task.step, .attempt = orphan.deliveries};
  if (orphan.cause == OrphanCause::kDeadline) {
    receipt.status = Status::kExpired;
    receipt.cause = fmt::format("step {} was not done by the deadline", orphan.task.step.text());
  } else {
    receipt.status = Status::kFailed;
    receipt.cause = fmt::format("step {} was handed to a worker {} times and never came to an end",
                                orphan.task.step.text(), orphan.deliveries);
  }
  return receipt;
}

base::Result<std::vector<std::uint8_t>> result_of(const Orphan& orphan, const artifact::SigningKey& identity) {
  Receipt receipt = receipt_of(orphan);
  Message answer;
  // What killed five workers may also be unreadable: the result then stands without the job.
  if (auto message = decode(orphan.task.message, "orphaned task"); message && message->job) {
    receipt.job = message->job->digest();
    answer.job = std::move(message->job);
  }
  answer.receipts.push_back(sign_receipt(receipt, identity));
  return encode(answer);
}

}  // namespace

base::Result<Supervised> supervise(JobQueue& queue, const artifact::SigningKey& identity) {
  Supervised done;
  OBSCURA_TRY(std::vector<Orphan> orphans, queue.orphans(kOrphansAtOnce));
  for (Orphan& orphan : orphans) {
    OBSCURA_TRY(const std::vector<std::uint8_t> bytes, result_of(orphan, identity));
    OBSCURA_TRY(const Stored stored, queue.publish_result(orphan.task.key, bytes));
    if (stored == Stored::kFull || stored == Stored::kOversized) {
      done.full = true;
      continue;
    }
    OBSCURA_TRY_VOID(queue.remove_orphan(orphan));
    ++(orphan.cause == OrphanCause::kDeadline ? done.expired : done.failed);
    done.ended.push_back(std::move(orphan));
  }
  return done;
}

}  // namespace obscura::deploy::net
