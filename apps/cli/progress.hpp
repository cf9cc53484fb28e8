#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace obscura::apps::cli {

/// A progress bar on standard error, shown only on a terminal and only when the work takes more than a
/// second. Erases itself when it dies.
class Progress {
 public:
  Progress(std::string what, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total is finished now.
  void update(std::size_t done);

 private:
  std::string what_;
  std::size_t total_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace obscura::apps::cli
