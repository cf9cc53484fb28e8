#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// One diagonal as the kernels see it: (w0, w1), or w0 alone when it is clear. A condensed w0 has fewer words than N.
struct DiagonalView {
  const ring::EvaluationPoly* w0;
  const ring::EvaluationPoly* w1;  ///< nullptr: clear
};

/// A sum of products of one giant step: (d0, d1, d2), or (d0, d1) with clear diagonals.
struct ProductSum {
  ring::EvaluationPoly d0;
  ring::EvaluationPoly d1;
  ring::EvaluationPoly d2;
  [[nodiscard]] bool clear() const { return d2.limbs() == 0; }
};

[[nodiscard]] ProductSum make_product_sum(const ring::RingContext& ring, const ring::Basis& basis, bool clear);

/// Products of one giant step with the diagonals of some of its terms, to be added to its sum.
struct TermRun {
  std::size_t step;
  std::size_t first;  ///< number of the first of these terms in the step; 0 sets the sum
  std::span<const DiagonalView> diagonals;
  ProductSum* sum;
};

/// Two limbs of one rotated input.
struct LimbPair {
  const std::uint64_t* r0;
  const std::uint64_t* r1;
};

/// Most products that are summed in one sweep over a limb.
inline constexpr std::size_t kTermsPerSweep = 4;

/// Adds diagonals[t] * inputs[t], t < at most kTermsPerSweep, to one limb of `sum`, or sets it to that when
/// `first`. All diagonals are clear or none, as `sum` is. `scratch`: 3 N words.
void add_products(const ring::RingContext& ring, ProductSum& sum, int limb, std::span<const LimbPair> inputs,
                  std::span<const DiagonalView> diagonals, bool first, std::span<std::uint64_t> scratch);

}  // namespace obscura::fhe::circuits::detail
