#include "deploy/net/detail/nats_pulse.hpp"

#include "deploy/net/detail/nats_api.hpp"
#include "deploy/net/detail/nats_subjects.hpp"

namespace obscura::deploy::net::detail {
namespace {

constexpr int kSilentUntilReplaced = 2;

}  // namespace

base::Result<void> NatsPulse::look(const std::string& stream, std::uint32_t replica, std::uint64_t last_sequence) {
  const auto now = std::chrono::steady_clock::now();
  const auto [known, is_first] = seen_.try_emplace(stream, Seen{.last_sequence = last_sequence, .since = now});
  Seen& seen = known->second;
  if (is_first || seen.last_sequence != last_sequence) {
    seen = {.last_sequence = last_sequence, .since = now};
    return {};
  }
  if (now - seen.since < every_ && seen.silent == 0) return {};
  seen.since = now;
  const Publication probe{.subject = probe_subject(replica), .data = {}};
  OBSCURA_TRY(const auto answer, connection_.ask_once(request_of(probe), patience_));
  if (!answer) {
    if (++seen.silent < kSilentUntilReplaced) return {};
    seen.silent = 0;
    leaders_.replace(stream);
    return {};
  }
  seen.silent = 0;
  const auto published = read_acknowledgement(*answer);
  if (!published || published->stored != Stored::kStored) return {};  // full, say: it answers
  seen.last_sequence = published->sequence;
  return delete_message(connection_, stream, published->sequence);
}

}  // namespace obscura::deploy::net::detail
