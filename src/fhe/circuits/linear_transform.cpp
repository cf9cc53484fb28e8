#include "fhe/circuits/linear_transform.hpp"

#include <optional>
#include <utility>

#include "base/check.hpp"
#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/extended_products.hpp"
#include "fhe/circuits/detail/giant_steps.hpp"
#include "fhe/circuits/detail/plain_products.hpp"
#include "fhe/circuits/detail/term_plan.hpp"

namespace obscura::fhe::circuits {
namespace {

detail::DiagonalView view_of(const ckks::Ciphertext& diagonal) {
  return {&diagonal.c0(), &diagonal.c1()};
}

detail::DiagonalView view_of(const ckks::Plaintext& diagonal) {
  return {&diagonal.poly(), nullptr};
}

/// All diagonals of a transform, and the scale that they share.
struct FetchedDiagonals {
  std::vector<std::vector<detail::DiagonalView>> views;  ///< [giant step][term]
  std::optional<params::Scale> scale;
};

template <class Source>
FetchedDiagonals fetch(const LinearTransform& transform, const Source& source, params::Level level,
                       const ring::Basis& basis) {
  FetchedDiagonals fetched;
  for (const GiantStep& step : transform.steps) {
    std::vector<detail::DiagonalView>& views = fetched.views.emplace_back();
    for (const DiagonalTerm& term : step.terms) {
      const auto& diagonal = source(term.diagonal);
      views.push_back(view_of(diagonal));
      if (!fetched.scale.has_value()) fetched.scale = diagonal.scale();
      OBSCURA_CHECK(diagonal.level() == level && views.back().w0->basis() == basis,
                    "a diagonal was made for another level or form");
      OBSCURA_CHECK(diagonal.scale() == *fetched.scale, "the diagonals have different scales");
    }
  }
  return fetched;
}

void check_inputs(const ring::RingContext& ring, std::span<const ckks::Ciphertext* const> inputs) {
  OBSCURA_CHECK(!inputs.empty(), "a transform without inputs");
  for (const ckks::Ciphertext* input : inputs) {
    OBSCURA_CHECK(input->c0().basis() == ring.basis_q(input->level()), "the inputs are modulo Q_l");
    OBSCURA_CHECK(input->level() == inputs.front()->level() && input->scale() == inputs.front()->scale(),
                  "the inputs have different levels or scales");
  }
}

template <class Source>
ckks::Ciphertext apply_with(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                            const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                            const Source& source, bool rescale) {
  check_inputs(ring, inputs);
  const params::Level level = inputs.front()->level();
  const detail::TermPlan plan = detail::plan_terms(ring, keys, transform, inputs.size(), level);
  const FetchedDiagonals diagonals =
      fetch(transform, source, level, transform.extended ? ring.basis_qp(level) : ring.basis_q(level));
  detail::GiantSteps steps(ring, keys);
  if (transform.extended) {
    std::vector<detail::ProductSum> sums = detail::extended_products(ring, plan, inputs, diagonals.views);
    for (std::size_t i = 0; i < sums.size(); ++i) steps.add(transform.steps[i].giant, std::move(sums[i]));
  } else {
    detail::PlainProducts products(ring, plan, inputs);
    for (std::size_t i = 0; i < transform.steps.size(); ++i) {
      steps.add(transform.steps[i].giant, products.sum(i, diagonals.views[i]));
    }
  }
  return steps.finish(level, inputs.front()->scale() * *diagonals.scale, rescale);
}

}  // namespace

ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                       const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                       const EncryptedDiagonals& diagonals, bool rescale) {
  return apply_with(ring, keys, transform, inputs, diagonals, rescale);
}

ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                       const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                       const ClearDiagonals& diagonals, bool rescale) {
  return apply_with(ring, keys, transform, inputs, diagonals, rescale);
}

}  // namespace obscura::fhe::circuits
