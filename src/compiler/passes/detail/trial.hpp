#pragma once

#include <span>
#include <vector>

#include "compiler/passes/detail/fitting_walk.hpp"

namespace obscura::compiler::passes::detail {

/// One input's scores of one output that decides a label, the best first: how far the others lie behind the best, and
/// how much polynomials push them towards it. A label changes where some push exceeds its gap. A single score is held
/// against 0.
struct Race {
  std::vector<double> gaps;    ///< [rivals]
  std::vector<double> pushes;  ///< [rivals]
};

/// What polynomials do to the answers.
struct Measured {
  std::size_t inputs = 0;    ///< that were measured
  std::size_t flips = 0;     ///< of them, those with another label
  double score_error = 0.0;  ///< rms, relative to the scores' standard deviation; infinite where something overflows
  /// The same with each input's error counted as at most 1: what a search goes by, since one input on which a
  /// polynomial leaves its range would drown all others.
  double distance = 0.0;
  std::vector<std::vector<Race>> races{};  ///< [outputs][inputs]

  /// The share of labels that polynomials change, estimated as if the pushes of any input met the gaps of any other: in
  /// steps of 1 / n^2 instead of 1 / n, and as sure as 2 n draws are. Assumes that pushes do not depend on gaps. Only
  /// the 15 nearest rivals count; outputs add up.
  [[nodiscard]] double flip_estimate() const;
};

/// Measurements on different inputs taken together.
[[nodiscard]] Measured pool(const Measured& a, const Measured& b);

/// A network on calibration inputs, some of which are held back: polynomials are fitted on the others and measured
/// on these.
class Trial {
 public:
  /// Holds back inputs fold, fold + folds, ...; with a single fold all, which are fitted on as well. The graph must
  /// outlive the trial.
  Trial(const graph::Graph& graph, std::span<const std::vector<double>> calibration, std::size_t fold,
        std::size_t folds, const fit::FitWeights& weights);

  /// At the network's input; keeps the scores to the end.
  [[nodiscard]] FittingWalk start() const;
  /// Of a walk that is at its end.
  [[nodiscard]] Measured measure(const FittingWalk& walk) const;
  /// Whether the network's own scores are.
  [[nodiscard]] bool finite() const;
  /// Whether some output has more than one score.
  [[nodiscard]] bool classifies() const;

 private:
  const graph::Graph& graph_;
  fit::FitWeights weights_;
  std::size_t fitted_ = 0;
  graph::Batch batch_;  // inputs fitted on, then those held back
  std::vector<graph::ValueId> scores_;
  std::vector<graph::Batch> reference_;  // [scores_], by the exact network
};

}  // namespace obscura::compiler::passes::detail
