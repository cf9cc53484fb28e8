#include "deploy/submit/job_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/header.hpp"
#include "deploy/net/submit_job.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::deploy::submit {
namespace {

namespace wire = runtime::wire;
using base::ErrorCode;
using net::Milliseconds;
using net::Status;

// How long after its deadline a supervisor may take to say that a job has expired.
constexpr Milliseconds kGrace{10'000};
constexpr Milliseconds kLook{2'000};
constexpr std::size_t kIdDigits = 32;

base::Result<void> check_id(const std::string& what, const std::string& id) {
  if (net::valid_name(id)) return {};
  return base::fail(ErrorCode::kUsage, fmt::format("\"{}\" cannot be the name of a {}", id, what),
                    fmt::format("names have 1 to {} of A-Z a-z 0-9 _ -", net::kMaxNameBytes));
}

/// The refusal that an answer is.
base::Error refusal(const net::Receipt& ending) {
  const std::string what = fmt::format("job {} was {}: {}", ending.key.job, net::name(ending.status), ending.cause);
  switch (ending.status) {
    case Status::kExpired:
      return {ErrorCode::kExpired, what, "submit it again under a new name, with more time"};
    case Status::kCancelled:
      return {ErrorCode::kCancelled, what, "submit it again under a new name if you want it after all"};
    case Status::kInvalid:
      return {ErrorCode::kInvalidJob, what, "mend what the cause names, and submit it under a new name"};
    default:
      return {ErrorCode::kFailed, what, "ask the operator of the site; `obscura-admin dead` shows such jobs"};
  }
}

/// Nobody said that a job has expired, and somebody should have.
base::Error overdue(const Ticket& ticket) {
  return {ErrorCode::kExpired, fmt::format("job {} has no answer, and its deadline is past", ticket.job.key.job),
          "is a worker that serves the model running, and a supervisor (`obscura-admin serve`)?"};
}

}  // namespace

bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kExpired || code == ErrorCode::kCancelled || code == ErrorCode::kFailed ||
         code == ErrorCode::kInvalidJob;
}

std::string job_id_of(std::span<const std::uint8_t> request) {
  return artifact::sha256(request).hex().substr(0, kIdDigits);
}

base::Result<JobDesk> JobDesk::open(net::Site& site, net::Clock& clock, const net::Trust& trust,
                                    const artifact::SigningKey& identity, std::string tenant, TicketStore tickets) {
  OBSCURA_TRY_VOID(check_id("tenant", tenant));
  const auto& submitters = trust.submitters;
  const bool knows_any = !submitters.empty();
  const bool is_known = std::any_of(submitters.begin(), submitters.end(), [&](const net::Submitter& submitter) {
    return submitter.tenant == tenant && submitter.key == identity.verify_key();
  });
  if (knows_any && !is_known) {
    return base::fail(ErrorCode::kWrongTenant,
                      fmt::format("{} may not submit for the tenant {}",
                                  artifact::fingerprint(identity.verify_key().digest()), tenant),
                      "use an identity of that tenant, or have the operator add this one to submitters/" + tenant);
  }
  return JobDesk(site, clock, trust, identity, std::move(tenant), std::move(tickets));
}

base::Result<std::optional<Ticket>> JobDesk::find(const std::string& id) const {
  OBSCURA_TRY_VOID(check_id("job", id));
  return tickets_.find(tenant_, id);
}

base::Result<Ticket> JobDesk::ticket_of(const std::string& id) const {
  OBSCURA_TRY(std::optional<Ticket> ticket, find(id));
  if (ticket) return std::move(*ticket);
  return base::fail(ErrorCode::kNotFound, fmt::format("there is no ticket of job {} of tenant {}", id, tenant_),
                    "only who submitted a job can read its answer: look for the folder given with --state");
}

base::Result<void> JobDesk::publish(const Ticket& ticket) {
  OBSCURA_TRY(const net::Stored stored,
              net::submit_job(*site_->queue, *site_->blobs, ticket.job, *identity_, ticket.inputs));
  if (stored == net::Stored::kFull) {
    return base::fail(ErrorCode::kFull, fmt::format("the queue of the site has no room for job {}", ticket.job.key.job),
                      "submit it again later, by the same name");
  }
  if (stored == net::Stored::kOversized) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("job {} is larger than a task of the site may be", ticket.job.key.job),
                      "have the operator raise max_task_bytes");
  }
  return {};
}

base::Result<Ticket> JobDesk::ticket_for(const NewJob& job, const ModelAtSite& model, Milliseconds patience) const {
  const std::string name = fmt::format("the request of job {}", job.id);
  if (job.request.size() > site_->max_job_bytes) {
    return base::fail(
        ErrorCode::kLimit,
        fmt::format("{} has {} bytes; the site takes at most {}", name, job.request.size(), site_->max_job_bytes),
        "have the operator raise max_job_bytes");
  }
  OBSCURA_TRY(const auto info, wire::inspect_request(job.request, name));
  if (model.plan) OBSCURA_TRY_VOID(wire::check_same(info.provenance.plan, *model.plan, "plan", name));
  if (model.key) OBSCURA_TRY_VOID(wire::check_same(info.provenance.key, *model.key, "key", name));
  OBSCURA_TRY(const auto header, artifact::read_any_header(job.request, job.request.size(), name));
  Ticket ticket;
  ticket.job.key = {tenant_, job.id, 0};
  ticket.job.model = model.model.sha256;
  ticket.job.params = header.params;
  ticket.job.eval_key = model.eval_keys.sha256;
  ticket.job.shards.assign(model.stages, 1);
  ticket.job.inputs = {net::BlobRef::of(job.request)};
  ticket.job.deadline = clock_->now() + patience;
  ticket.source = job.source;
  ticket.inputs = {job.request};
  return ticket;
}

base::Result<void> JobDesk::hand_in(const NewJob& job, const ModelAtSite& model, Milliseconds patience) {
  OBSCURA_TRY(const auto known, find(job.id));
  if (known) return hand_in_again(*known, job.source);
  OBSCURA_TRY(const Ticket ticket, ticket_for(job, model, patience));
  if (const auto kept = tickets_.keep(ticket, base::Existing::kRefuse); !kept) {
    OBSCURA_TRY(const auto theirs, find(job.id));  // another process may have been first
    return theirs ? hand_in_again(*theirs, job.source) : kept;
  }
  return publish(ticket);
}

base::Result<void> JobDesk::hand_in_again(const Ticket& ticket, const std::optional<artifact::Digest>& source) {
  if (source && *source != ticket.source) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("job {} was submitted with another input or model", ticket.job.key.job),
                      "submit this one under a new name");
  }
  if (ticket.inputs.empty()) return {};
  auto published = publish(ticket);
  const bool is_full = !published && published.error().code == ErrorCode::kFull;
  if (is_full && is_overdue(ticket)) return tl::make_unexpected(overdue(ticket));
  return published;
}

bool JobDesk::is_overdue(const Ticket& ticket) const {
  return clock_->now() >= ticket.job.deadline + site_->lease + kGrace;
}

base::Result<Done> JobDesk::open(const Ticket& ticket, const std::vector<std::uint8_t>& message) {
  OBSCURA_TRY(auto answer, net::open_answer(message, net::sign_job(ticket.job, *identity_), *trust_));
  if (answer.ending.status != Status::kDone) return tl::make_unexpected(refusal(answer.ending));
  OBSCURA_TRY(auto outputs, net::read_outputs(answer, *site_->blobs, wire::kMaxRequestBytes));
  if (outputs.size() != 1) {
    return base::fail(ErrorCode::kCorrupt,
                      fmt::format("the answer to job {} is {} results", ticket.job.key.job, outputs.size()),
                      "a worker returned what no model does: look at who signed");
  }
  return Done{std::move(outputs.front()), std::move(answer.ending), std::move(answer.trail)};
}

base::Result<std::optional<Done>> JobDesk::answer(const std::string& id, Milliseconds timeout) {
  OBSCURA_TRY(const Ticket ticket, ticket_of(id));
  OBSCURA_TRY(const auto message, site_->queue->result(ticket.job.key, timeout));
  if (message) {
    OBSCURA_TRY(Done done, open(ticket, *message));
    return done;
  }
  if (ticket.inputs.empty()) {
    return base::fail(ErrorCode::kNotFound, fmt::format("the site has forgotten the answer to job {}", id),
                      "answers are kept for retention_s; submit the input under a new name");
  }
  if (!is_overdue(ticket)) return std::nullopt;
  return tl::make_unexpected(overdue(ticket));
}

base::Result<Done> JobDesk::wait(const std::string& id) {
  while (true) {
    OBSCURA_TRY(auto done, answer(id, kLook));
    if (done) return std::move(*done);
  }
}

base::Result<void> JobDesk::close(const std::string& id) {
  OBSCURA_TRY(Ticket ticket, ticket_of(id));
  ticket.inputs.clear();
  return tickets_.keep(ticket, base::Existing::kReplace);
}

base::Result<net::Stored> JobDesk::cancel(const std::string& id) {
  OBSCURA_TRY(const Ticket ticket, ticket_of(id));
  return net::cancel_job(*site_->queue, ticket.job, *identity_);
}

}  // namespace obscura::deploy::submit
