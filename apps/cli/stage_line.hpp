#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace obscura::apps::cli {

/// One line on standard error that names what a command is busy with, shown only on a terminal and only after a
/// second. Erases itself when it dies.
class StageLine {
 public:
  /// `what` stands before the stage.
  explicit StageLine(std::string what);
  ~StageLine();
  StageLine(const StageLine&) = delete;
  StageLine& operator=(const StageLine&) = delete;

  void begin(const std::string& stage);

 private:
  void draw();
  void wait();

  std::string what_;
  std::mutex mutex_;  // guards all below
  std::condition_variable ended_;
  std::string stage_;
  bool is_late_ = false;
  bool is_over_ = false;
  bool drawn_ = false;
  std::thread patience_;
};

}  // namespace obscura::apps::cli
