#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace spdlog {
class logger;
}

namespace obscura::apps::worker {

/// Lines on standard error about what a serving worker does: names and figures only, never what was computed.
class ServeLog {
 public:
  /// `json`: one JSON object a line, with "time", "level" and "event" beside the facts; else text.
  explicit ServeLog(bool json);
  ~ServeLog();

  void info(const std::string& event, const nlohmann::json& facts);
  void warn(const std::string& event, const nlohmann::json& facts);

 private:
  [[nodiscard]] std::string line(const char* level, const std::string& event, const nlohmann::json& facts) const;
  bool json_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace obscura::apps::worker
