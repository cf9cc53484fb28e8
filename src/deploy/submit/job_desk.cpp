#include "deploy/submit/job_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/header.hpp"
#include "deploy/net/choose_groups.hpp"
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
constexpr Milliseconds kTrustLasts{1'000};
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

base::Result<JobDesk> JobDesk::open(net::Site& site, net::Clock& clock, ReadTrust trust,
                                    const artifact::SigningKey& identity, std::string tenant, TicketStore tickets) {
  OBSCURA_TRY_VOID(check_id("tenant", tenant));
  OBSCURA_TRY(const net::Trust now, trust());
  const auto& submitters = now.submitters;
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
  return JobDesk(site, clock, std::move(trust), identity, std::move(tenant), std::move(tickets));
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
  // Before any goes out.
  const std::uint32_t last = *std::max_element(ticket.groups.begin(), ticket.groups.end());
  if (last >= site_->groups) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("operator group {} is trusted, but the site has {} only, numbered from 0", last, site_->groups),
        "name other groups, or have the operator make room for more");
  }
  for (const std::uint32_t group : ticket.groups) {
    const net::Job job = ticket.job_of(group);
    OBSCURA_TRY(const net::Stored stored,
                net::submit_job(*site_->queue, *site_->blobs, job, *identity_, ticket.inputs));
    if (stored == net::Stored::kFull) {
      return base::fail(ErrorCode::kFull, fmt::format("the queue of the site has no room for job {}", job.key.job),
                        "submit it again later, by the same name");
    }
    if (stored == net::Stored::kOversized) {
      return base::fail(ErrorCode::kLimit, fmt::format("job {} is larger than a task of the site may be", job.key.job),
                        "have the operator raise max_task_bytes");
    }
  }
  return {};
}

// What is forgotten before the deadline would leave a job that nobody can do.
base::Result<void> JobDesk::check_patience(Milliseconds patience) const {
  const auto kept = site_->blob_retention;
  if (!kept || patience <= *kept) return {};
  return base::fail(ErrorCode::kUsage,
                    fmt::format("a deadline in {} s is too far off: the site keeps what a job reads for {} s",
                                patience.count() / 1'000, kept->count() / 1'000),
                    "give it less time, or have the operator raise blob_retention_s");
}

base::Result<Ticket> JobDesk::ticket_for(const NewJob& job, const ModelAtSite& model, Milliseconds patience) const {
  OBSCURA_TRY_VOID(check_patience(patience));
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
  ticket.job.shards = model.shards;
  ticket.job.inputs = {net::BlobRef::of(job.request)};
  ticket.job.deadline = clock_->now() + patience;
  ticket.groups = job.groups;
  ticket.source = job.source;
  ticket.inputs = {job.request};
  return ticket;
}

base::Result<void> JobDesk::hand_in(const NewJob& job, const ModelAtSite& model, Milliseconds patience) {
  OBSCURA_TRY(const auto known, find(job.id));
  const auto asked = std::span(job.groups).first(job.groups_asked ? job.groups.size() : 0);
  if (known) return hand_in_again(*known, job.source, asked);
  OBSCURA_TRY(const Ticket ticket, ticket_for(job, model, patience));
  if (const auto kept = tickets_.keep(ticket, base::Existing::kRefuse); !kept) {
    OBSCURA_TRY(const auto theirs, find(job.id));  // another process may have been first
    return theirs ? hand_in_again(*theirs, job.source, asked) : kept;
  }
  return publish(ticket);
}

base::Result<void> JobDesk::hand_in_again(const Ticket& ticket, const std::optional<artifact::Digest>& source,
                                          std::span<const std::uint32_t> asked) {
  if (source && *source != ticket.source) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("job {} was submitted with another input or model", ticket.job.key.job),
                      "submit this one under a new name");
  }
  const auto& went = ticket.groups;
  const bool went_to_all = std::all_of(
      asked.begin(), asked.end(), [&](std::uint32_t group) { return std::count(went.begin(), went.end(), group) > 0; });
  if (!went_to_all) {
    return base::fail(
        ErrorCode::kMismatch,
        fmt::format("job {} was submitted to other operator groups than are asked for now", ticket.job.key.job),
        "submit this one under a new name, or ask for its answer without --replicas and --groups");
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

ReplicaOutcome JobDesk::open(const net::Job& job, const std::vector<std::uint8_t>& message,
                             const net::Trust& trust) const {
  ReplicaOutcome outcome{.group = job.key.replica, .name = net::name_of_group(trust, job.key.replica)};
  auto answer = net::open_answer(message, net::sign_job(job, *identity_), trust);
  if (!answer) {
    // What somebody signed who was trusted then is no answer any more, and no lie either.
    const bool is_revoked = net::workers_of(trust, job.key.replica).empty();
    (is_revoked ? outcome.refusal : outcome.not_credible) = std::move(answer.error());
  } else if (answer->ending.status != Status::kDone) {
    outcome.refusal = refusal(answer->ending);
  } else if (answer->ending.outputs.size() != 1) {
    outcome.not_credible = {
        ErrorCode::kCorrupt,
        fmt::format("the answer to job {} is {} results", job.key.job, answer->ending.outputs.size()),
        "a worker returned what no model does: look at who signed"};
  } else {
    outcome.answer = std::move(*answer);
  }
  return outcome;
}

base::Result<net::Trust> JobDesk::trust_now() {
  OBSCURA_TRY(last_trust_, trust_());
  last_read_ = clock_->now();
  return *last_trust_;
}

/// For whoever looks many times a second, for many jobs.
base::Result<net::Trust> JobDesk::trust_of_late() {
  const auto age = clock_->now() - last_read_;
  if (last_trust_ && age >= Milliseconds(0) && age < kTrustLasts) return *last_trust_;  // a clock may be set back
  return trust_now();
}

/// Why a group without a result will have none; nothing while there is hope.
std::optional<ReplicaOutcome> JobDesk::end_of_silence(const Ticket& ticket, std::uint32_t group,
                                                      const net::Trust& trust) const {
  const std::string& id = ticket.job.key.job;
  ReplicaOutcome outcome{.group = group, .name = net::name_of_group(trust, group)};
  if (net::workers_of(trust, group).empty()) {
    outcome.refusal = {ErrorCode::kUntrusted, fmt::format("no workers of the group {} are trusted", outcome.name),
                       "they may have been revoked: submit the input again, to other groups"};
    return outcome;
  }
  if (ticket.inputs.empty()) {
    outcome.refusal = {ErrorCode::kNotFound, fmt::format("the site has forgotten the answer to job {}", id),
                       "answers are kept for retention_s; submit the input under a new name"};
    return outcome;
  }
  if (!is_overdue(ticket)) return std::nullopt;
  outcome.refusal = overdue(ticket);
  return outcome;
}

base::Result<Done> JobDesk::release(const std::string& id, std::vector<ReplicaOutcome> outcomes) const {
  OBSCURA_TRY(const std::size_t chosen, judge_replicas(id, outcomes));
  const net::Answer& answer = *outcomes[chosen].answer;
  auto outputs = net::read_outputs(answer, *site_->blobs, wire::kMaxRequestBytes);
  // All that answered name the same bytes: those that one has lost or spoilt may be with another.
  for (std::size_t i = 0; !outputs && i < outcomes.size(); ++i) {
    if (!outcomes[i].answer) continue;
    if (auto others = net::read_outputs(*outcomes[i].answer, *site_->blobs, wire::kMaxRequestBytes)) {
      outputs = std::move(others);
    }
  }
  if (!outputs) return base::forward_error(outputs);
  Done done{std::move(outputs->front()), answer.ending, answer.trail};
  done.replicas = std::move(outcomes);
  return done;
}

base::Result<std::optional<std::vector<ReplicaOutcome>>> JobDesk::outcomes(const std::string& id,
                                                                           Milliseconds timeout) {
  OBSCURA_TRY(const Ticket ticket, ticket_of(id));
  const net::Instant until = clock_->now() + timeout;
  std::vector<ReplicaOutcome> outcomes(ticket.groups.size());
  std::vector<std::vector<std::uint8_t>> messages(ticket.groups.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto left = std::clamp(until - clock_->now(), Milliseconds(0), timeout);
    OBSCURA_TRY(auto message, site_->queue->result(ticket.job_of(ticket.groups[i]).key, left));
    if (message) {
      messages[i] = std::move(*message);
      continue;
    }
    OBSCURA_TRY(const net::Trust trust, trust_of_late());
    auto end = end_of_silence(ticket, ticket.groups[i], trust);
    if (!end) return std::nullopt;
    outcomes[i] = std::move(*end);
  }
  // Only now: who was revoked while others were waited for counts no more.
  OBSCURA_TRY(const net::Trust trust, trust_now());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i].refusal) outcomes[i] = open(ticket.job_of(ticket.groups[i]), messages[i], trust);
  }
  return outcomes;
}

base::Result<std::optional<Done>> JobDesk::answer(const std::string& id, Milliseconds timeout) {
  OBSCURA_TRY(auto ended, outcomes(id, timeout));
  if (!ended) return std::nullopt;
  OBSCURA_TRY(Done done, release(id, std::move(*ended)));
  return done;
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
  net::Stored all = net::Stored::kAlreadyThere;
  for (const std::uint32_t group : ticket.groups) {
    OBSCURA_TRY(const net::Stored stored, net::cancel_job(*site_->queue, ticket.job_of(group), *identity_));
    if (stored == net::Stored::kFull || stored == net::Stored::kOversized) return stored;
    if (stored == net::Stored::kStored) all = stored;
  }
  return all;
}

}  // namespace obscura::deploy::submit
