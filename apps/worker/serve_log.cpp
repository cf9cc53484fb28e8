#include "apps/worker/serve_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

namespace obscura::apps::worker {

namespace {

std::string now() {
  const auto time = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms);
}

/// What comes from outside may not be UTF-8; JSON must be.
std::string dumped(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

ServeLog::ServeLog(bool json)
    : json_(json),
      logger_(std::make_unique<spdlog::logger>("serve", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_pattern("%v");
  logger_->flush_on(spdlog::level::info);
}

ServeLog::~ServeLog() = default;

std::string ServeLog::line(const char* level, const std::string& event, const nlohmann::json& facts) const {
  if (!json_) {
    std::string text = fmt::format("{} {} {}", now(), level, event);
    for (const auto& [name, value] : facts.items()) {
      text += fmt::format(" {}={}", name, value.is_string() ? value.get<std::string>() : dumped(value));
    }
    return text;
  }
  nlohmann::json body = {{"time", now()}, {"level", level}, {"event", event}};
  body.update(facts);
  return dumped(body);
}

void ServeLog::info(const std::string& event, const nlohmann::json& facts) {
  logger_->info(line("info", event, facts));
}

void ServeLog::warn(const std::string& event, const nlohmann::json& facts) {
  logger_->warn(line("warn", event, facts));
}

}  // namespace obscura::apps::worker
