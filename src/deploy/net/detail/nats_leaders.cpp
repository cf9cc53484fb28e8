#include "deploy/net/detail/nats_leaders.hpp"

#include <fmt/format.h>

namespace obscura::deploy::net::detail {
namespace {

// A vote takes a few seconds, and catching up as well.
constexpr std::chrono::seconds kBetween{8};
constexpr Milliseconds kPatience{1'000};

}  // namespace

// Whatever the answer is: that there is no leader just now is as good.
void NatsLeaders::ask(const std::string& call) {
  const auto now = std::chrono::steady_clock::now();
  const auto [last, is_first] = asked_.emplace(call, now);
  if (!is_first && now - last->second < kBetween) return;
  last->second = now;
  ++replaced_;
  (void)connection_.ask_once({.subject = fmt::format("{}.{}", connection_.options().api_prefix, call)}, kPatience);
}

void NatsLeaders::replace(const std::string& stream) {
  ask(fmt::format("STREAM.LEADER.STEPDOWN.{}", stream));
}

void NatsLeaders::replace(const std::string& stream, const std::string& consumer) {
  ask(fmt::format("CONSUMER.LEADER.STEPDOWN.{}.{}", stream, consumer));
}

}  // namespace obscura::deploy::net::detail
