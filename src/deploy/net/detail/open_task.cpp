#include "deploy/net/detail/open_task.hpp"

#include <fmt/format.h>

#include <utility>

#include "deploy/net/trail.hpp"

namespace obscura::deploy::net::detail {
namespace {

using base::ErrorCode;

bool lies_where_it_says(const Task& task, const Job& job) {
  return task.key == job.key && task.model == job.model && task.eval_key == job.eval_key &&
         task.deadline == job.deadline && has_step(job, task.step);
}

}  // namespace

base::Result<OpenTask> open_task(const Task& task, const Trust& trust) {
  OpenTask open;
  OBSCURA_TRY(open.message, decode(task.message, "task " + task.id()));
  if (!open.message.job) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("task {} has no job in it", task.id()), "submit the job again");
  }
  OBSCURA_TRY(open.job, trusted_job(*open.message.job, trust));
  open.job_digest = open.message.job->digest();
  if (!lies_where_it_says(task, open.job)) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("task {} was queued under another address than job {} gives", task.id(), open.job.key.text()),
        "the broker or a client mixed up messages: submit the job again");
  }
  OBSCURA_TRY(const auto receipts, check_trail(open.job, open.job_digest, task.step, open.message.receipts, trust));
  open.inputs = inputs_of(open.job, task.step, receipts);
  return open;
}

}  // namespace obscura::deploy::net::detail
