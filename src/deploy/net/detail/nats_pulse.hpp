#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/detail/nats_leaders.hpp"

namespace obscura::deploy::net::detail {

/// For the supervisor: whether a stream of jobs to which nothing came for a while still takes something. If nobody
/// publishes all is well, and if nobody can, nobody but a submitter would notice, who may do nothing about it.
class NatsPulse {
 public:
  NatsPulse(NatsConnection& connection, NatsLeaders& leaders, Milliseconds every = Milliseconds(30'000),
            Milliseconds patience = Milliseconds(3'000))
      : connection_(connection), leaders_(leaders), every_(every), patience_(patience) {}

  /// To be called at each look, with the stream's last sequence. Once that has stood still for `every`, publishes a
  /// message for nobody and takes it away again; if that is not answered twice within `patience`, another server is to
  /// lead. Errors: kUntrusted, kIo (it cannot be taken away now: the watch removes what belongs to nobody).
  [[nodiscard]] base::Result<void> look(const std::string& stream, std::uint32_t replica, std::uint64_t last_sequence);

 private:
  struct Seen {
    std::uint64_t last_sequence = 0;
    std::chrono::steady_clock::time_point since;
    int silent = 0;  ///< probes in a row without an answer
  };
  NatsConnection& connection_;
  NatsLeaders& leaders_;
  Milliseconds every_;
  Milliseconds patience_;
  std::map<std::string, Seen> seen_;  // by stream
};

}  // namespace obscura::deploy::net::detail
