#include "deploy/submit/watch_order.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace obscura::deploy::submit {

void WatchOrder::arrived(std::string frame) {
  OBSCURA_CHECK(takes_more(), "a frame came though there is no room for it");
  entries_.push_back({{.frame = std::move(frame)}, State::kWaiting});
  ++waiting_;
  if (waiting_ > max_waiting_) drop_oldest();
}

// Frames given up in a row are one entry: a camera that goes on while nothing is answered takes no memory.
void WatchOrder::drop_oldest() {
  const auto oldest =
      std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.state == State::kWaiting; });
  oldest->state = State::kDropped;
  oldest->line.dropped = 1;
  --waiting_;
  if (oldest == entries_.begin()) return;
  const auto before = std::prev(oldest);
  if (before->state != State::kDropped) return;
  oldest->line.dropped += before->line.dropped;
  entries_.erase(before);
}

std::optional<std::string> WatchOrder::start_next() {
  if (waiting_ == 0 || in_work_ >= max_in_work_) return std::nullopt;
  const auto next =
      std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.state == State::kWaiting; });
  next->state = State::kInWork;
  --waiting_;
  ++in_work_;
  return next->line.frame;
}

void WatchOrder::answered(const std::string& frame, std::string answer) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& known) {
    return known.state == State::kInWork && known.line.frame == frame;
  });
  OBSCURA_CHECK(entry != entries_.end(), "an answer to a frame that is not in work");
  entry->state = State::kAnswered;
  entry->line.answer = std::move(answer);
}

std::optional<WatchLine> WatchOrder::take_line() {
  if (entries_.empty()) return std::nullopt;
  const State state = entries_.front().state;
  if (state != State::kAnswered && state != State::kDropped) return std::nullopt;
  if (state == State::kAnswered) --in_work_;
  WatchLine line = std::move(entries_.front().line);
  entries_.pop_front();
  return line;
}

}  // namespace obscura::deploy::submit
