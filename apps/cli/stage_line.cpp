#include "apps/cli/stage_line.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

namespace obscura::apps::cli {

namespace {
constexpr std::chrono::milliseconds kPatience{1000};
}  // namespace

StageLine::StageLine(std::string what) : what_(std::move(what)) {
  if (isatty(STDERR_FILENO) == 1) patience_ = std::thread([this] { wait(); });
}

StageLine::~StageLine() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_all();
  if (patience_.joinable()) patience_.join();
  if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void StageLine::begin(const std::string& stage) {
  const std::scoped_lock lock(mutex_);
  stage_ = stage;
  if (is_late_) draw();
}

void StageLine::wait() {
  std::unique_lock lock(mutex_);
  if (ended_.wait_for(lock, kPatience, [this] { return is_over_; })) return;
  is_late_ = true;
  draw();
}

void StageLine::draw() {
  drawn_ = true;
  std::fprintf(stderr, "\r\033[K%s: %s", what_.c_str(), stage_.c_str());
  std::fflush(stderr);
}

}  // namespace obscura::apps::cli
