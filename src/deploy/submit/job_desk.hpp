#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/answer.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/trust.hpp"
#include "deploy/submit/judge_replicas.hpp"
#include "deploy/submit/model_at_site.hpp"
#include "deploy/submit/ticket.hpp"

namespace obscura::deploy::submit {

/// An input, encrypted, on its way to becoming a job.
struct NewJob {
  std::string id;                     ///< of the submitter's choice
  artifact::Digest source;            ///< of what was encrypted (Ticket::source)
  std::vector<std::uint8_t> request;  ///< the request's bytes
  /// Operator groups (choose_groups) that each do the whole job; their answers are compared.
  std::vector<std::uint32_t> groups = {0};
  bool groups_asked = false;  ///< by the user: a job of this name that went to others will not do
};

/// Whose signatures count now: asked for anew once an answer is there, so that who is revoked counts no more. While
/// there is none it is asked for every second: a group that is trusted no more is not waited for.
using ReadTrust = std::function<base::Result<net::Trust>()>;

/// A job's answer that was done.
struct Done {
  std::vector<std::uint8_t> result;  ///< the bytes of a result
  net::Receipt ending;
  std::vector<net::Receipt> trail;            ///< of the stages before the last
  std::vector<ReplicaOutcome> replicas = {};  ///< of all groups: they agree, but for refusals
};

/// Hands in the jobs of one tenant, keeps their tickets, and reads their answers. What is refused is refused with a
/// code of its own: kFull, kLimit (oversized), kWrongTenant, kExpired, kCancelled, kFailed, kInvalidJob. One thread.
class JobDesk {
 public:
  /// The references must outlive the desk. Errors: kUsage (the name of the tenant); kWrongTenant, when `trust` lists
  /// any submitters and `identity` is not among those of the tenant; those of `trust`.
  [[nodiscard]] static base::Result<JobDesk> open(net::Site& site, net::Clock& clock, ReadTrust trust,
                                                  const artifact::SigningKey& identity, std::string tenant,
                                                  TicketStore tickets);

  /// The ticket of a job that was handed in before. Errors: those of TicketStore::find, kUsage (the name).
  [[nodiscard]] base::Result<std::optional<Ticket>> find(const std::string& id) const;

  /// Writes the ticket, and hands the job in. Of a name that is known already the first ticket stands, and is handed in
  /// again byte for byte. Errors: kUsage (the name; a deadline after the site forgets what the job reads); kMismatch
  /// (the request is of another plan or key than the model's manifest says, or the name was given to another source or
  /// to other groups than are asked for; a group that the site does not have); kLimit (oversized); kFull; those of
  /// TicketStore and submit_job.
  [[nodiscard]] base::Result<void> hand_in(const NewJob& job, const ModelAtSite& model, net::Milliseconds patience);
  /// Hands the same job in once more: nothing happens when it is known. Does nothing when its answer was read before.
  /// Errors as above; kMismatch when `source` is given and the ticket is about another, or when it did not go to all
  /// the groups that are asked for; kExpired instead of kFull well after the deadline.
  [[nodiscard]] base::Result<void> hand_in_again(const Ticket& ticket, const std::optional<artifact::Digest>& source,
                                                 std::span<const std::uint32_t> asked);

  /// The answer, or nothing while a group has none, for `timeout` (0: look once). Verified to the last receipt, and of
  /// several groups compared: what is returned may be decrypted. The ticket stays as it is. Errors: kDisagreement and
  /// the others of judge_replicas; the refusals that the answer may be (is_refusal), and kExpired well after the
  /// deadline though nobody said so; those of open_answer and read_outputs; kUntrusted (no worker of the group is
  /// trusted any more); kNotFound (a job without a ticket, or whose answer the site has forgotten).
  [[nodiscard]] base::Result<std::optional<Done>> answer(const std::string& id, net::Milliseconds timeout);
  /// What every group came to, before it is judged, or nothing while a group has no result: for whoever knows the
  /// answer. Errors: those of answer that are not about the outcomes.
  [[nodiscard]] base::Result<std::optional<std::vector<ReplicaOutcome>>> outcomes(const std::string& id,
                                                                                  net::Milliseconds timeout);
  /// answer(), waiting for as long as there may be one.
  [[nodiscard]] base::Result<Done> wait(const std::string& id);
  /// Drops the ticket's requests: whoever wanted the answer, or the refusal, has it. Errors: kNotFound (no ticket),
  /// kIo.
  [[nodiscard]] base::Result<void> close(const std::string& id);

  /// Takes a job back, in all groups. kStored: a group will not answer it otherwise; kAlreadyThere: it has its answer.
  /// Errors: kNotFound (no ticket), those of cancel_job.
  [[nodiscard]] base::Result<net::Stored> cancel(const std::string& id);

 private:
  JobDesk(net::Site& site, net::Clock& clock, ReadTrust trust, const artifact::SigningKey& identity, std::string tenant,
          TicketStore tickets)
      : site_(&site),
        clock_(&clock),
        trust_(std::move(trust)),
        identity_(&identity),
        tenant_(std::move(tenant)),
        tickets_(std::move(tickets)) {}
  [[nodiscard]] base::Result<Ticket> ticket_of(const std::string& id) const;
  [[nodiscard]] base::Result<void> publish(const Ticket& ticket);
  [[nodiscard]] base::Result<void> check_patience(net::Milliseconds patience) const;
  [[nodiscard]] bool is_overdue(const Ticket& ticket) const;
  [[nodiscard]] base::Result<Ticket> ticket_for(const NewJob& job, const ModelAtSite& model,
                                                net::Milliseconds patience) const;
  [[nodiscard]] base::Result<net::Trust> trust_now();
  [[nodiscard]] base::Result<net::Trust> trust_of_late();
  [[nodiscard]] std::optional<ReplicaOutcome> end_of_silence(const Ticket& ticket, std::uint32_t group,
                                                             const net::Trust& trust) const;
  [[nodiscard]] ReplicaOutcome open(const net::Job& job, const std::vector<std::uint8_t>& message,
                                    const net::Trust& trust) const;
  [[nodiscard]] base::Result<Done> release(const std::string& id, std::vector<ReplicaOutcome> outcomes) const;

  net::Site* site_;
  net::Clock* clock_;
  ReadTrust trust_;
  const artifact::SigningKey* identity_;
  std::string tenant_;
  TicketStore tickets_;
  std::optional<net::Trust> last_trust_;  // as it was at
  net::Instant last_read_;
};

/// Whether an error of JobDesk::answer is the end of the job itself: nothing else will come of it.
[[nodiscard]] bool is_refusal(base::ErrorCode code);

/// A name for a job from the digest of its request: no other request has it.
[[nodiscard]] std::string job_id_of(std::span<const std::uint8_t> request);

}  // namespace obscura::deploy::submit
