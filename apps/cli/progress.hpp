#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace obscura::apps::cli {

/// A progress bar on standard error, shown only on a terminal and only when the work takes more than a
/// second, with the time left by what the work so far has taken. Erases itself when it dies.
class Progress {
 public:
  Progress(std::string what, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total is finished now.
  void update(std::size_t done);
  /// The piece with this number, 1 to total, is under way: `detail` of it. `share` of the whole work is done.
  void show(double share, std::size_t number, std::string_view detail = {});

 private:
  using Clock = std::chrono::steady_clock;
  /// When it was shown first, and the share then: what came before is loading, not work.
  struct Begin {
    Clock::time_point at;
    double share;
  };

  [[nodiscard]] std::string time_left(Clock::time_point now, double share) const;

  std::string what_;
  std::size_t total_;
  bool terminal_;
  bool drawn_ = false;
  std::optional<Begin> begin_;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace obscura::apps::cli
