#include "apps/cli/canaries.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace obscura::apps::cli {

using base::ErrorCode;
using deploy::submit::CanaryStock;
using deploy::submit::NewJob;
using deploy::submit::ReplicaOutcome;

// Until what the site did not take is handed in again.
constexpr std::chrono::milliseconds kHandInAgain{500};

base::Result<std::unique_ptr<Canaries>> Canaries::open(const SubmitOptions& options, Submission& submission) {
  std::unique_ptr<Canaries> made(new Canaries(options, submission));
  if (options.canary_rate == 0) return made;
  OBSCURA_TRY(made->stock_, CanaryStock::open(options.canaries));
  OBSCURA_TRY(const std::size_t left, made->stock_->left(submission.model().model, submission.model().eval_keys));
  if (left == 0) {
    return base::fail(ErrorCode::kNotFound,
                      "there is no unused canary for this model and these keys in " + options.canaries,
                      "`obscura canary make` makes some");
  }
  return made;
}

bool Canaries::chance() {
  const double range = static_cast<double>(std::random_device::max()) + 1;
  return static_cast<double>(random_source_()) / range < options_->canary_rate;
}

base::Result<void> Canaries::draw(std::chrono::milliseconds delay) {
  while (stock_ && chance()) {
    OBSCURA_TRY(auto canary, stock_->take(submission_->model().model, submission_->model().eval_keys));
    if (!canary) {
      if (!std::exchange(told_, true)) {
        std::fprintf(stderr, "the canaries in %s are used up: from here on nothing is tested\n",
                     options_->canaries.c_str());
      }
      return {};
    }
    const double part = static_cast<double>(random_source_()) / static_cast<double>(std::random_device::max());
    const auto wait = std::chrono::duration_cast<Clock::duration>(delay * part);
    std::string id = deploy::submit::job_id_of(canary->request);
    outstanding_.push_back({std::move(*canary), std::move(id), Clock::now() + wait});
  }
  return {};
}

base::Result<void> Canaries::hand_in_due() {
  for (Outstanding& one : outstanding_) {
    if (one.handed_in || Clock::now() < one.due) continue;
    one.due = Clock::now() + kHandInAgain;
    const auto& request = one.canary.request;
    OBSCURA_TRY_VOID(submission_->hand_in(NewJob{one.id, artifact::sha256(request), request, submission_->groups()}));
    one.handed_in = true;
    ++handed_in_;
  }
  return {};
}

std::optional<Canaries::Fault> Canaries::settle(const Outstanding& one, const std::vector<ReplicaOutcome>& outcomes) {
  const auto checked = deploy::submit::check_canary(one.canary, one.id, outcomes);
  if (!checked) {
    ++wrong_;
    return Fault{one.id, checked.error()};  // the ticket stays, for whoever looks into it
  }
  ++(*checked ? right_ : unanswered_);
  (void)submission_->desk().close(one.id);  // a ticket that stays is only a file too many
  return std::nullopt;
}

bool Canaries::any_outstanding() const {
  return std::any_of(outstanding_.begin(), outstanding_.end(), [](const Outstanding& one) { return one.handed_in; });
}

base::Result<std::vector<Canaries::Fault>> Canaries::look(deploy::net::Milliseconds timeout) {
  std::vector<Fault> faults;
  std::optional<base::Error> trouble;
  for (auto one = outstanding_.begin(); one != outstanding_.end();) {
    if (!one->handed_in) {
      ++one;
      continue;
    }
    const auto outcomes = submission_->desk().outcomes(one->id, timeout);
    if (!outcomes && !trouble) trouble = outcomes.error();
    // A site that does not answer now may do so later; nothing else will change.
    if (outcomes ? !outcomes->has_value() : outcomes.error().code == ErrorCode::kIo) {
      ++one;
      continue;
    }
    if (!outcomes) ++unanswered_;
    if (auto fault = outcomes ? settle(*one, **outcomes) : std::nullopt) faults.push_back(std::move(*fault));
    one = outstanding_.erase(one);
  }
  if (trouble && faults.empty()) return tl::make_unexpected(std::move(*trouble));
  return faults;
}

base::Result<nlohmann::json> Canaries::figures() const {
  if (!stock_) return nlohmann::json();
  OBSCURA_TRY(const std::size_t left, stock_->left(submission_->model().model, submission_->model().eval_keys));
  return nlohmann::json{
      {"handed_in", handed_in_}, {"right", right_}, {"wrong", wrong_}, {"unanswered", unanswered_}, {"left", left}};
}

}  // namespace obscura::apps::cli
