#include "deploy/net/detail/nats_once.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>

namespace obscura::deploy::net::detail {
namespace {

using base::ErrorCode;
using base::Result;
using SteadyClock = std::chrono::steady_clock;

// No message ever has this sequence.
constexpr std::uint64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr Milliseconds kTry{2'000};
constexpr Milliseconds kPause{20};

}  // namespace

Result<std::uint64_t> newest_on(NatsConnection& connection, const std::string& subject) {
  std::optional<Published> refused;
  OBSCURA_TRY([[maybe_unused]] const NatsMessage message,
              connection.ask(request_of({.subject = subject, .data = {}, .only_after = kNever}),
                             [&](const NatsMessage& answer) {
                               refused = read_acknowledgement(answer);
                               return refused && refused->stored == Stored::kAlreadyThere;
                             }));
  return refused->sequence;
}

// Before each try it is looked whether the one before it came to pass.
Result<Published> publish_unless_there(NatsConnection& connection, const Publication& publication,
                                       std::uint64_t after) {
  const SteadyClock::time_point end = SteadyClock::now() + connection.options().call_timeout;
  const NatsRequest request = request_of(publication);
  while (true) {
    OBSCURA_TRY(const std::uint64_t newest, newest_on(connection, publication.subject));
    if (newest > after) return Published{Stored::kAlreadyThere, newest};
    OBSCURA_TRY(const auto answer, connection.ask_once(request, kTry));
    const auto published = answer ? read_acknowledgement(*answer) : std::nullopt;
    if (published) return *published;
    if (SteadyClock::now() >= end) break;
    std::this_thread::sleep_for(kPause);
  }
  return base::fail(ErrorCode::kIo,
                    fmt::format("the site did not store a message of {} within {} ms", publication.subject,
                                connection.options().call_timeout.count()),
                    "look whether the site runs and has its streams");
}

}  // namespace obscura::deploy::net::detail
