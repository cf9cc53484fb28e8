#include "apps/cli/progress.hpp"

#include <fmt/format.h>
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
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
}

void Progress::update(std::size_t done) {
  if (total_ != 0) show(static_cast<double>(done) / static_cast<double>(total_), done);
}

void Progress::show(double share, std::size_t number, std::string_view detail) {
  const auto now = Clock::now();
  if (!begin_) begin_ = {now, share};
  if (!terminal_ || now - start_ < kPatience || now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  const std::string line = fmt::format("{} [{:.<{}}] {}/{}{}{}{}", what_, std::string(filled, '#'), kBarWidth, number,
                                       total_, detail.empty() ? "" : ", ", detail, time_left(now, share));
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

std::string Progress::time_left(Clock::time_point now, double share) const {
  if (share <= begin_->share) return {};
  const std::chrono::duration<double> taken = now - begin_->at;
  return fmt::format(", {:.0f} s left", taken.count() / (share - begin_->share) * (1 - share));
}

}  // namespace obscura::apps::cli
