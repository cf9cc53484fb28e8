#pragma once

#include <functional>
#include <span>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/detail/open_task.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/statement.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net::detail {

/// How many bytes of a step's outputs may travel in the message that it publishes: a merge carries all parts of its
/// stage at once, so a part has its share of kMaxInlineBytes.
[[nodiscard]] std::size_t inline_share(const Job& job, const Step& step);

/// Calls one publishing call of the queue; again, perhaps, when it was full or could not be reached.
using Insist = std::function<base::Result<Stored>(const std::function<base::Result<Stored>()>&)>;

/// What follows from a step that is done: its part and, for whoever sees the last one, the merge; the tasks of the next
/// stage; or the job's result. Every message has a fixed id or place, so all of it may happen any number of times.
/// `attachments` are the step's outputs as far as they travel along. kStored and kAlreadyThere: the effect is there.
/// Errors: those of the queue; kUntrusted, kCorrupt, kMismatch: a part that another worker stored is worth nothing.
[[nodiscard]] base::Result<Stored> publish_effect(JobQueue& queue, const OpenTask& open, const Step& step,
                                                  const SignedStatement& receipt,
                                                  const std::vector<std::vector<std::uint8_t>>& attachments,
                                                  const Trust& trust, const Insist& insist);

}  // namespace obscura::deploy::net::detail
