#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/extended_products.hpp"
#include "fhe/circuits/detail/giant_steps.hpp"
#include "fhe/circuits/detail/plain_products.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/circuits/linear_transform.hpp"

namespace obscura::fhe::circuits {

/// A linear transform under way, whose diagonals come some at a time, so that not all of them are in memory at once.
/// What apply() says of keys, levels, scales and cost holds here; the result is the same to the last bit, however the
/// diagonals are divided. Memory: digits and sums modulo Q_l P as for apply(); with `extended`, when they do not come
/// all at once, also every rotated input as a whole.
class RunningTransform {
 public:
  /// All arguments outlive it.
  RunningTransform(const ring::RingContext& ring, const ckks::EvaluationKeys& keys, const LinearTransform& transform,
                   std::span<const ckks::Ciphertext* const> inputs);
  RunningTransform(const RunningTransform&) = delete;
  RunningTransform& operator=(const RunningTransform&) = delete;

  /// Multiplies with the diagonals of the terms that come next, giant step by giant step, at least one; they may go
  /// afterwards. All diagonals of a transform are encrypted, or all are clear.
  void multiply(std::span<const ckks::Ciphertext* const> diagonals);
  void multiply(std::span<const ckks::Plaintext* const> diagonals);

  /// Called once, after the last term.
  [[nodiscard]] ckks::Ciphertext finish(bool rescale);
  /// Called once, instead: the sum undivided, for join_partial() (partial_sum.hpp).
  [[nodiscard]] ckks::Ciphertext finish_partial();

 private:
  template <class Diagonal>
  void multiply_all(std::span<const Diagonal* const> diagonals);
  template <class Diagonal>
  [[nodiscard]] detail::DiagonalView checked_view(const Diagonal& diagonal);
  [[nodiscard]] std::vector<detail::TermRun> runs_of(std::span<const detail::DiagonalView> views);
  void close(std::span<const detail::TermRun> runs);

  const ring::RingContext& ring_;
  const LinearTransform& transform_;
  std::span<const ckks::Ciphertext* const> inputs_;
  params::Level level_;
  ring::Basis basis_;  ///< of the diagonals
  detail::TermPlan plan_;
  detail::GiantSteps steps_;
  std::optional<detail::ExtendedProducts> extended_;
  std::optional<detail::PlainProducts> plain_;
  std::vector<detail::ProductSum> sums_;  ///< [giant steps] of those that have begun and not ended
  std::optional<params::Scale> diagonal_scale_;
  std::size_t step_ = 0;  ///< of the next term
  std::size_t term_ = 0;  ///< of the next term, in its step
};

}  // namespace obscura::fhe::circuits
