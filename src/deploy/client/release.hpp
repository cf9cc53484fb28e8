#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// One output tensor of the network as it may leave the key holder.
struct ReleasedOutput {
  std::string name;
  plan::program::Finish finish = plan::program::Finish::kNone;
  /// Rounded scores; softmax or log-softmax of the rounded scores; or for kArgMax the number of the best score.
  std::vector<double> values;
};

/// What may leave the key holder about one answer. Numbers are multiples of `step`, the smallest power of two
/// that is at least twice the stated error of a score: the digits below would be error of the computation,
/// and through it the key (Li, Micciancio, EUROCRYPT 2021). Of what is exact a release says only on which side of a
/// bound a score or a difference of two lies, and bounds of the same one are half a step apart, at least the stated
/// error: nothing pins an error between two of them.
struct Release {
  int label = 0;         ///< number of the best score of the first output
  std::string name;      ///< its class name, or the number
  double margin = 0;     ///< distance to the second-best score, rounded
  double step = 0;       ///< what scores and margin are rounded to
  bool decided = false;  ///< the margin is two steps or more: it exceeds twice the error bound that the plan states
  bool in_range = true;  ///< no score beyond what calibration saw: outside, the stated error does not hold
  std::vector<double> scores;           ///< of the first output, rounded
  std::vector<ReleasedOutput> outputs;  ///< of every output; the first one's values are not `scores` if it is finished
};

/// Rounds raw scores for release: scores[i] are those of output i of the program, as many as it has elements. What the
/// program wants made of them, and whether they are in range, is made of rounded scores, so it tells no more than they
/// do; only which score is best (label, kArgMax) is decided before rounding, and the margin is one number more.
/// `labels` may be empty.
[[nodiscard]] Release release(std::span<const std::vector<double>> scores, const plan::program::Program& program,
                              std::span<const std::string> labels);

/// Numbers that a key releases by default, scores and margins alike. Each is wrong, because its error exceeds what the
/// plan states, with probability 2^-30: over so many of them, one is with probability 2^-10 at most.
inline constexpr std::uint64_t kReleasedNumbers = std::uint64_t{1} << 20;

/// As many results as that is for this program: 2^20 / (scores of one image + 1), at least one. SECURITY.md derives it.
[[nodiscard]] std::uint64_t default_release_cap(const plan::program::Program& program);

}  // namespace obscura::deploy::client
