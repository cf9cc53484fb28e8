#include "base/trace.hpp"

#include <fmt/format.h>

#include "base/file.hpp"

namespace obscura::base {
namespace {

std::string quote_json(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::int64_t nanoseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

}  // namespace

Trace::Trace() : origin_(std::chrono::steady_clock::now()) {}

void Trace::add(std::string_view name, std::chrono::steady_clock::time_point start,
                std::chrono::steady_clock::time_point end) {
  const std::lock_guard lock(mutex_);
  const int thread = threads_.try_emplace(std::this_thread::get_id(), static_cast<int>(threads_.size())).first->second;
  events_.push_back({std::string(name), nanoseconds(start - origin_), nanoseconds(end - start), thread});
}

std::vector<TraceEvent> Trace::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string Trace::write_chrome_json() const {
  std::string json = "{\"traceEvents\":[";
  const char* separator = "\n";
  for (const TraceEvent& event : events()) {
    json += fmt::format("{}{{\"name\":{},\"ph\":\"X\",\"pid\":1,\"tid\":{},\"ts\":{:.3f},\"dur\":{:.3f}}}", separator,
                        quote_json(event.name), event.thread, static_cast<double>(event.start_ns) * 1e-3,
                        static_cast<double>(event.duration_ns) * 1e-3);
    separator = ",\n";
  }
  return json + "\n],\"displayTimeUnit\":\"ms\"}\n";
}

Result<void> Trace::save_chrome_json(const std::string& path) const {
  const std::string json = write_chrome_json();
  return write_file_atomically(path, {reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
}

}  // namespace obscura::base
