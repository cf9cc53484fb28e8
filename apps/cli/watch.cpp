#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <thread>
#include <utility>

#include "apps/cli/canaries.hpp"
#include "apps/cli/frame_folder.hpp"
#include "apps/cli/submission.hpp"
#include "base/stop_signals.hpp"
#include "deploy/submit/watch_order.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;
using deploy::submit::NewJob;
using deploy::submit::WhenBehind;
using Clock = std::chrono::steady_clock;

// How long one look at the folder may take before answers are looked for again.
constexpr int kLookMs = 10;
// Until what the site did not take is handed in again: the whole request goes there each time.
constexpr std::chrono::milliseconds kHandInAgain{500};

nlohmann::json error_of(const base::Error& error) {
  return {{"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
}

/// Frames, from the folder to their lines.
class Watch {
 public:
  Watch(const SubmitOptions& options, Submission& submission, Canaries& canaries, FrameFolder& folder,
        base::StopSignals& signals)
      : options_(options),
        submission_(submission),
        canaries_(canaries),
        folder_(folder),
        signals_(signals),
        order_(options.when_behind == "wait" ? WhenBehind::kWait : WhenBehind::kDropOldest, options.max_waiting,
               options.max_in_work) {}

  base::Result<Report> run() {
    std::fprintf(stderr, "watching %s\n", options_.watch.c_str());
    while (!is_over()) {
      if (signals_.seen() > 1) return base::fail(ErrorCode::kCancelled, "stopped with frames unanswered", "stop once");
      OBSCURA_TRY_VOID(take_frames());
      OBSCURA_TRY_VOID(start_frames());
      look_at_canaries();
      look_for_answers();
      print_lines();
      if (used_up_) return tl::make_unexpected(std::move(*used_up_));
    }
    return tell_of_canaries();
  }

 private:
  struct InWork {
    std::string frame;
    std::string id;
    Clock::time_point since;
  };

  [[nodiscard]] bool takes_frames() {
    const bool enough = options_.frames > 0 && seen_ + came_.size() >= options_.frames;
    return signals_.seen() == 0 && !enough;
  }
  [[nodiscard]] bool is_over() {
    return !takes_frames() && came_.empty() && order_.is_idle() && !canaries_.any_outstanding();
  }

  base::Result<void> take_frames() {
    if (came_.empty()) {
      OBSCURA_TRY(const auto names, folder_.wait(kLookMs));
      for (const std::string& name : names) {
        if (takes_frames()) came_.push_back(name);
      }
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
    }
    for (; !came_.empty() && order_.takes_more(); came_.pop_front()) {
      order_.arrived(came_.front());
      ++seen_;
    }
    return {};
  }

  /// A frame that the site has no room for, or that cannot be brought there now, is handed in again after a pause.
  base::Result<void> start_frames() {
    while (!held_) {
      const auto frame = order_.start_next();
      if (!frame) return {};
      OBSCURA_TRY_VOID(draw_canaries());
      auto job = encrypt(*frame);
      if (!job) {
        order_.answered(*frame, line_of(*frame, error_of(job.error())));
        continue;
      }
      held_ = InWork{*frame, job->id, Clock::now()};
      job_ = std::move(*job);
      hand_in_held();
    }
    if (Clock::now() - handed_in_ >= kHandInAgain) hand_in_held();
    return {};
  }

  /// At some moment until the next frame may be expected: a job that always came with another would be known by that.
  base::Result<void> draw_canaries() {
    const auto now = Clock::now();
    const auto last = std::exchange(started_, now).value_or(now);
    return canaries_.draw(std::chrono::duration_cast<std::chrono::milliseconds>(now - last));
  }

  /// What is known of a group from them is told at once, in a line of its own.
  void look_at_canaries() {
    if (const auto handed = canaries_.hand_in_due(); !handed) tell(handed.error());
    const auto faults = canaries_.look(deploy::net::Milliseconds(0));
    if (!faults) return tell(faults.error());
    for (const auto& fault : *faults) {
      nlohmann::json line = error_of(fault.error);
      line["canary"] = fault.id;
      std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
    }
  }

  /// The last line: what was tested, if anything was.
  base::Result<Report> tell_of_canaries() {
    OBSCURA_TRY(const auto figures, canaries_.figures());
    if (!figures.is_null()) std::cout << nlohmann::json{{"canaries", figures}}.dump() << std::endl;
    return Report{};
  }

  void hand_in_held() {
    handed_in_ = Clock::now();
    const auto handed = submission_.hand_in(job_);
    if (!handed && handed.error().code == ErrorCode::kFull) return;
    if (!handed && handed.error().code == ErrorCode::kIo) return tell(handed.error());
    if (handed) {
      in_work_.push_back(*held_);
    } else {
      order_.answered(held_->frame, line_of(held_->frame, error_of(submission_.conclude(held_->id, handed.error()))));
    }
    held_.reset();
  }

  /// Trouble that may pass, once for as long as it is the same.
  void tell(const base::Error& trouble) {
    if (std::exchange(told_, trouble.message) == trouble.message) return;
    std::fprintf(stderr, "trying again: %s\n", trouble.message.c_str());
  }

  base::Result<NewJob> encrypt(const std::string& frame) {
    OBSCURA_TRY(const auto input, submission_.read(options_.watch + "/" + frame));
    return submission_.encrypt(input, "");
  }

  void look_for_answers() {
    for (auto job = in_work_.begin(); job != in_work_.end();) {
      const auto done = submission_.desk().answer(job->id, deploy::net::Milliseconds(0));
      const bool is_late = !done && done.error().code == ErrorCode::kIo;
      if (is_late) tell(done.error());
      if (is_late || (done && !*done)) {
        ++job;
        continue;
      }
      nlohmann::json figures = done ? conclude(*job, **done) : error_of(submission_.conclude(job->id, done.error()));
      figures["id"] = job->id;
      order_.answered(job->frame, line_of(job->frame, std::move(figures)));
      job = in_work_.erase(job);
    }
  }

  nlohmann::json conclude(const InWork& job, const deploy::submit::Done& done) {
    const std::string output = options_.folder.empty() ? "" : options_.folder + "/" + job.frame + ".result";
    const auto report = submission_.conclude(job.id, done, output);
    if (!report && report.error().code == ErrorCode::kUsedUp) used_up_ = report.error();
    if (!report) return error_of(report.error());
    nlohmann::json figures = report->figures;
    figures["ms"] = std::chrono::duration<double, std::milli>(Clock::now() - job.since).count();
    return figures;
  }

  static std::string line_of(const std::string& frame, nlohmann::json figures) {
    figures["frame"] = frame;
    return figures.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  void print_lines() {
    while (const auto line = order_.take_line()) {
      const bool dropped = line->dropped > 0;
      std::cout << (dropped ? line_of(line->frame, {{"dropped", line->dropped}}) : line->answer) << std::endl;
    }
  }

  const SubmitOptions& options_;
  Submission& submission_;
  Canaries& canaries_;
  FrameFolder& folder_;
  base::StopSignals& signals_;
  deploy::submit::WatchOrder order_;
  std::deque<std::string> came_;              // taken from the folder at one look, and not yet from here: a few
  std::optional<InWork> held_;                // encrypted, and not yet taken by the site
  NewJob job_;                                // of held_
  Clock::time_point handed_in_;               // last
  std::optional<Clock::time_point> started_;  // the last frame
  std::string told_;                          // trouble
  std::optional<base::Error> used_up_;        // the key releases nothing more: no frame will have an answer
  std::deque<InWork> in_work_;
  std::uint64_t seen_ = 0;
};

}  // namespace

base::Result<Report> watch(const SubmitOptions& options, const Global& global) {
  if (!options.output.empty()) {
    return base::fail(ErrorCode::kUsage, "many frames do not go into one file", "give --out-dir instead of -o");
  }
  base::StopSignals signals;  // before the engine starts threads
  OBSCURA_TRY(const auto submission, Submission::open(options, global));
  OBSCURA_TRY(const auto canaries, Canaries::open(options, *submission));
  OBSCURA_TRY(auto folder, FrameFolder::open(options.watch));
  return Watch(options, *submission, *canaries, folder, signals).run();
}

}  // namespace obscura::apps::cli
