#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

/// A nats-server of our own, for development and tests: a child process that ends with this object, and with the thread
/// that started it. Ctrl-C does not reach it: it has a process group of its own.
class NatsServer {
 public:
  /// Starts the program `nats-server` (of /usr/sbin, /usr/local/bin or /usr/bin) with this configuration and waits
  /// until it listens on 127.0.0.1:`port`. What it says goes to `log_file`. Errors: kNotFound (no such program), kIo
  /// (somebody listens there already; it ends at once, or does not listen within `patience`; with what it said).
  [[nodiscard]] static base::Result<std::unique_ptr<NatsServer>> start(const std::string& config_file,
                                                                       std::uint16_t port, const std::string& log_file,
                                                                       Milliseconds patience = Milliseconds(10'000));
  /// Asks it to end, waits, and kills it if it does not.
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Whether it is still there.
  [[nodiscard]] bool is_running();
  /// Kills it with SIGKILL, as a crash would.
  void kill_now();

 private:
  explicit NatsServer(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

/// A port of 127.0.0.1 that nobody listens on at the moment. Error: kIo.
[[nodiscard]] base::Result<std::uint16_t> free_loopback_port();

}  // namespace obscura::deploy::net
