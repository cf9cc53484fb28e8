#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace obscura::apps::http {

/// What the pages say. Called in threads of the server.
struct HttpPages {
  std::function<bool()> is_healthy;
  std::function<bool()> is_ready;
  std::function<std::string()> metrics;
};

/// Serves GET /healthz, /readyz and /metrics to monitors, without any protection: on a loopback address, or behind
/// something that protects it.
class HttpStatus {
 public:
  /// `address` is "HOST:PORT"; port 0: one that is free. Errors: kUsage, kIo (taken, say).
  [[nodiscard]] static base::Result<std::unique_ptr<HttpStatus>> start(const std::string& address, HttpPages pages);
  virtual ~HttpStatus() = default;
  [[nodiscard]] virtual int port() const = 0;
};

}  // namespace obscura::apps::http
