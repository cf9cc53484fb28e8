#include "apps/cli/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace obscura::apps::cli {

namespace {
constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kBarWidth = 30;
}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void Progress::update(std::size_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || total_ == 0 || now - start_ < kPatience || now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  const std::size_t filled = kBarWidth * done / total_;
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  std::fprintf(stderr, "\r\033[K%s [%s] %zu/%zu", what_.c_str(), bar.c_str(), done, total_);
  std::fflush(stderr);
}

}  // namespace obscura::apps::cli
