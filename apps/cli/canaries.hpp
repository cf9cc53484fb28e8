#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "apps/cli/submission.hpp"
#include "deploy/submit/canary.hpp"

namespace obscura::apps::cli {

/// Canaries on their way among the jobs of one command: handed in as chance has it, and held against what is known.
class Canaries {
 public:
  using Clock = std::chrono::steady_clock;

  /// Without a rate there are none. Both must outlive them. Error: kUsage, those of CanaryStock.
  [[nodiscard]] static base::Result<std::unique_ptr<Canaries>> open(const SubmitOptions& options,
                                                                    Submission& submission);

  /// To be called once before each job: takes as many canaries as chance has, so that they are the share `rate` of all
  /// that is handed in, each to be handed in within `delay` from now. Says so once the stock is used up. Errors: those
  /// of CanaryStock::take.
  [[nodiscard]] base::Result<void> draw(std::chrono::milliseconds delay);
  /// Hands in those whose time has come. Errors: those of Submission::hand_in; the same again takes it up.
  [[nodiscard]] base::Result<void> hand_in_due();

  struct Fault {
    std::string id;
    base::Error error;
  };
  /// Looks, for `timeout` each, for answers to those that were handed in, and returns the faults that they show. What
  /// is looked at and has an end is no longer outstanding; nor is what can never be looked at, which counts as
  /// unanswered. Errors, when there are no faults: the first of JobDesk::outcomes, after a look at all of them; of
  /// those with kIo, what could not be looked at stays outstanding.
  [[nodiscard]] base::Result<std::vector<Fault>> look(deploy::net::Milliseconds timeout);
  /// A coin.
  [[nodiscard]] bool tails() { return (random_source_() & 1U) != 0; }
  /// Whether any that was handed in is not answered yet.
  [[nodiscard]] bool any_outstanding() const;

  /// How many were handed in, answered right and answered by nobody, and how many are left.
  [[nodiscard]] base::Result<nlohmann::json> figures() const;

 private:
  struct Outstanding {
    deploy::submit::Canary canary;
    std::string id;
    Clock::time_point due;
    bool handed_in = false;
  };
  Canaries(const SubmitOptions& options, Submission& submission) : options_(&options), submission_(&submission) {}
  [[nodiscard]] bool chance();
  [[nodiscard]] std::optional<Fault> settle(const Outstanding& one,
                                            const std::vector<deploy::submit::ReplicaOutcome>& outcomes);

  const SubmitOptions* options_;
  Submission* submission_;
  std::optional<deploy::submit::CanaryStock> stock_;
  std::vector<Outstanding> outstanding_;
  std::random_device random_source_;  // not a sequence that a worker could guess
  bool told_ = false;
  std::size_t handed_in_ = 0;
  std::size_t right_ = 0;
  std::size_t wrong_ = 0;
  std::size_t unanswered_ = 0;
};

}  // namespace obscura::apps::cli
