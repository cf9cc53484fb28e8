#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::apps::admin {

/// What is known of a task that no worker ended: names, digests, signers and figures, nothing of its content.
[[nodiscard]] nlohmann::json letter_of(const deploy::net::Orphan& orphan);

/// The record of such tasks: a file of JSON lines, and one older one (FILE.1) once it has grown to kMaxLettersBytes.
class DeadLetters {
 public:
  explicit DeadLetters(std::string path) : path_(std::move(path)) {}

  /// Errors: kIo.
  [[nodiscard]] base::Result<void> add(const deploy::net::Orphan& orphan, deploy::net::Instant now);
  /// All of them, the oldest first. Of a line that is no letter (torn, say) only its text, as "unreadable".
  /// Errors: kIo.
  [[nodiscard]] base::Result<std::vector<nlohmann::json>> read() const;

 private:
  std::string path_;
};

inline constexpr std::uint64_t kMaxLettersBytes = std::uint64_t{16} << 20;

}  // namespace obscura::apps::admin
