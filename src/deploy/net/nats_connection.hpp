#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

/// How to reach a NATS site, and as whom.
struct NatsOptions {
  std::vector<std::string> servers;    ///< "nats://host:port", "tls://host:port": any that answers
  std::string seed_file = {};          ///< the user's nkey; empty: a server that asks for none
  std::string ca_file = {};            ///< PEM, of whoever signs the servers' certificates; empty: no TLS
  std::string certificate_file = {};   ///< PEM, this client's
  std::string key_file = {};           ///< PEM, of that certificate
  std::string api_prefix = "$JS.API";  ///< "JS.OBSCURA.API" in accounts that import their services
  Milliseconds call_timeout{10'000};   ///< within which a call is repeated until it is answered
};

/// What came back.
class NatsMessage {
 public:
  /// Takes the message; `handle` is a natsMsg.
  explicit NatsMessage(void* handle);

  [[nodiscard]] std::string subject() const;
  /// Where to acknowledge a task.
  [[nodiscard]] std::string reply() const;
  [[nodiscard]] std::span<const std::uint8_t> data() const;
  [[nodiscard]] std::optional<std::string> header(const char* name) const;
  /// Of messages that are only a status, "404" for instance; otherwise empty.
  [[nodiscard]] std::string status() const { return header("Status").value_or(""); }

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Free> handle_;
};

/// What is sent.
struct NatsRequest {
  std::string subject;
  std::span<const std::uint8_t> data = {};
  std::vector<std::pair<const char*, std::string>> headers = {};
};

/// One connection to a site, which comes back by itself when a server goes away. Not to be shared by threads.
class NatsConnection {
 public:
  /// Errors: kIo (no server answers within call_timeout), kUntrusted (the server refuses the key or its certificate
  /// is not of this CA), kCorrupt and kNotFound (the files), kUsage (no server).
  [[nodiscard]] static base::Result<std::shared_ptr<NatsConnection>> open(const NatsOptions& options);
  ~NatsConnection();
  NatsConnection(const NatsConnection&) = delete;
  NatsConnection& operator=(const NatsConnection&) = delete;

  [[nodiscard]] const NatsOptions& options() const;
  /// Beneath which this user may receive: two connections never share one.
  [[nodiscard]] const std::string& inbox() const;

  /// Sends once and waits for the one answer; nothing when none came in time, be it that nobody is there to answer or
  /// that the connection was lost meanwhile. Errors: kUntrusted (forbidden to this user), kLimit (larger than the
  /// server takes).
  [[nodiscard]] base::Result<std::optional<NatsMessage>> ask_once(const NatsRequest& request, Milliseconds timeout);

  /// The same, again and again until there is an answer that `accept`s or call_timeout is over. For requests that may
  /// be repeated. Errors: those above, and kIo.
  using Accept = std::function<bool(const NatsMessage&)>;
  [[nodiscard]] base::Result<NatsMessage> ask(const NatsRequest& request, const Accept& accept = {});

  /// Sends with `inbox()` + `reply` as the place of the answers, which next() hands out as they come. Only while there
  /// is a connection: what the library keeps for the next one would come to a server that nobody listens to any more,
  /// and a task that it handed out then would have lost a delivery. Errors: kIo (no connection at the moment), kUsage.
  [[nodiscard]] base::Result<void> send(const NatsRequest& request, const std::string& reply);
  /// Nothing when none came in time.
  [[nodiscard]] base::Result<std::optional<NatsMessage>> next(Milliseconds timeout);
  /// Throws away the answers that nobody waits for any more.
  void drop_answers();
  /// How often the connection was lost so far: answers to what was sent before are not to be expected.
  [[nodiscard]] std::uint64_t losses() const;

 private:
  class State;
  explicit NatsConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace obscura::deploy::net
