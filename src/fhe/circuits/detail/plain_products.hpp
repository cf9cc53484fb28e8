#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// Products modulo Q_l: every baby rotation is hoisted and divided by P by itself, made when it is first needed and
/// forgotten after its last use.
class PlainProducts {
 public:
  PlainProducts(const ring::RingContext& ring, const TermPlan& plan, std::span<const ckks::Ciphertext* const> inputs);

  /// Each term is asked for once.
  /// Cost: per new rotation an inner product and a ModDown; per rotated input one ModUp.
  void add(const TermRun& run);

 private:
  const ckks::Ciphertext& rotated(std::size_t rotation);
  void release(std::size_t rotation);

  const ring::RingContext& ring_;
  const TermPlan& plan_;
  std::span<const ckks::Ciphertext* const> inputs_;
  std::vector<ring::Digits> digits_;
  std::vector<int> uses_left_;
  std::vector<std::optional<ckks::Ciphertext>> rotated_;
};

}  // namespace obscura::fhe::circuits::detail
