#pragma once

#include <chrono>
#include <map>
#include <string>

#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net::detail {

/// For the supervisor: has another server lead a stream whose leader does not do its work. With nats-server 2.9.10 a
/// leader that followed one that was killed may skip all that is published, without a word, hand out nothing, or count
/// messages that nobody can read; one of the others, which leads next, takes its own state for what there is.
class NatsLeaders {
 public:
  explicit NatsLeaders(NatsConnection& connection) : connection_(connection) {}

  /// Asks the leader of a stream to step down, unless that was done just now. A server that is alone goes on leading.
  void replace(const std::string& stream);
  /// The same of a stream's consumer.
  void replace(const std::string& stream, const std::string& consumer);
  /// How often one was asked so far.
  [[nodiscard]] std::uint64_t replaced() const { return replaced_; }

 private:
  void ask(const std::string& call);
  NatsConnection& connection_;
  std::map<std::string, std::chrono::steady_clock::time_point> asked_;  // by call, when last
  std::uint64_t replaced_ = 0;
};

}  // namespace obscura::deploy::net::detail
