#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace obscura::deploy::submit {

/// What happens to frames when they come faster than answers.
enum class WhenBehind {
  kWait,        ///< none is lost: frames wait where they are
  kDropOldest,  ///< the oldest frame that is not in work is given up: answers are about what was seen last
};

/// A line of output, in the order in which the frames came.
struct WatchLine {
  std::string frame;          ///< of several given up in a row, the last one
  std::uint64_t dropped = 0;  ///< frames given up; 0: this one was answered
  std::string answer = {};    ///< when it was
};

/// Keeps the frames of a camera in order while several are in work. Bounded: at most `max_waiting` frames wait and
/// `max_in_work` are in work, however long it goes on.
class WatchOrder {
 public:
  WatchOrder(WhenBehind policy, std::size_t max_waiting, std::size_t max_in_work)
      : policy_(policy), max_waiting_(max_waiting), max_in_work_(max_in_work) {}

  /// Whether a frame may be given to arrived(): always true with kDropOldest.
  [[nodiscard]] bool takes_more() const { return policy_ == WhenBehind::kDropOldest || waiting_ < max_waiting_; }
  /// A frame came.
  void arrived(std::string frame);

  /// The next frame to be put to work, if there is one and room for it; it is in work from here on.
  [[nodiscard]] std::optional<std::string> start_next();
  /// A frame in work was answered.
  void answered(const std::string& frame, std::string answer);

  /// The next line in order, once all before it are known.
  [[nodiscard]] std::optional<WatchLine> take_line();

  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t in_work() const { return in_work_; }
  [[nodiscard]] bool is_idle() const { return entries_.empty(); }

 private:
  enum class State { kWaiting, kInWork, kAnswered, kDropped };
  struct Entry {
    WatchLine line;
    State state = State::kWaiting;
  };
  void drop_oldest();

  WhenBehind policy_;
  std::size_t max_waiting_;
  std::size_t max_in_work_;
  std::deque<Entry> entries_;
  std::size_t waiting_ = 0;
  std::size_t in_work_ = 0;  ///< or answered and not yet taken
};

}  // namespace obscura::deploy::submit
