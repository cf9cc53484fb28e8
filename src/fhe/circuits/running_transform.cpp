#include "fhe/circuits/running_transform.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace obscura::fhe::circuits {
namespace {

detail::DiagonalView view_of(const ckks::Ciphertext& diagonal) {
  return {&diagonal.c0(), &diagonal.c1()};
}

detail::DiagonalView view_of(const ckks::Plaintext& diagonal) {
  return {&diagonal.poly(), nullptr};
}

/// The level that all inputs share.
params::Level checked_level(const ring::RingContext& ring, std::span<const ckks::Ciphertext* const> inputs) {
  OBSCURA_CHECK(!inputs.empty(), "a transform without inputs");
  for (const ckks::Ciphertext* input : inputs) {
    OBSCURA_CHECK(input->c0().basis() == ring.basis_q(input->level()), "the inputs are modulo Q_l");
    OBSCURA_CHECK(input->level() == inputs.front()->level() && input->scale() == inputs.front()->scale(),
                  "the inputs have different levels or scales");
  }
  return inputs.front()->level();
}

}  // namespace

RunningTransform::RunningTransform(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                   const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs)
    : ring_(ring),
      transform_(transform),
      inputs_(inputs),
      level_(checked_level(ring, inputs)),
      basis_(transform.extended ? ring.basis_qp(level_) : ring.basis_q(level_)),
      plan_(detail::plan_terms(ring, keys, transform, inputs.size(), level_)),
      steps_(ring, keys),
      sums_(transform.steps.size()) {
  if (transform.extended) {
    extended_.emplace(ring, plan_, inputs);
  } else {
    plain_.emplace(ring, plan_, inputs);
  }
}

void RunningTransform::multiply(std::span<const ckks::Ciphertext* const> diagonals) {
  multiply_all(diagonals);
}

void RunningTransform::multiply(std::span<const ckks::Plaintext* const> diagonals) {
  multiply_all(diagonals);
}

template <class Diagonal>
void RunningTransform::multiply_all(std::span<const Diagonal* const> diagonals) {
  std::vector<detail::DiagonalView> views;
  views.reserve(diagonals.size());
  for (const Diagonal* diagonal : diagonals) views.push_back(checked_view(*diagonal));
  const std::vector<detail::TermRun> runs = runs_of(views);
  if (extended_.has_value()) {
    for (const detail::TermRun& run : runs) {
      if (run.first == 0) *run.sum = detail::make_product_sum(ring_, basis_, views.front().w1 == nullptr);
    }
    extended_->add(runs, step_ == transform_.steps.size());
    close(runs);
    return;
  }
  for (const detail::TermRun& run : runs) {
    if (run.first == 0) *run.sum = detail::make_product_sum(ring_, basis_, views.front().w1 == nullptr);
    plain_->add(run);
    close({&run, 1});
  }
}

template <class Diagonal>
detail::DiagonalView RunningTransform::checked_view(const Diagonal& diagonal) {
  const detail::DiagonalView view = view_of(diagonal);
  if (!diagonal_scale_.has_value()) diagonal_scale_ = diagonal.scale();
  OBSCURA_CHECK(diagonal.level() == level_ && view.w0->basis() == basis_,
                "a diagonal was made for another level or form");
  OBSCURA_CHECK(diagonal.scale() == *diagonal_scale_, "the diagonals have different scales");
  return view;
}

std::vector<detail::TermRun> RunningTransform::runs_of(std::span<const detail::DiagonalView> views) {
  std::vector<detail::TermRun> runs;
  while (!views.empty()) {
    OBSCURA_CHECK(step_ < transform_.steps.size(), "there are more diagonals than terms");
    const std::size_t terms = transform_.steps[step_].terms.size();
    const std::size_t count = std::min(terms - term_, views.size());
    runs.push_back({step_, term_, views.first(count), &sums_[step_]});
    views = views.subspan(count);
    term_ += count;
    if (term_ < terms) break;
    term_ = 0;
    ++step_;
  }
  return runs;
}

/// Hands on the sums of the giant steps that end with these terms.
void RunningTransform::close(std::span<const detail::TermRun> runs) {
  for (const detail::TermRun& run : runs) {
    const GiantStep& step = transform_.steps[run.step];
    if (run.first + run.diagonals.size() < step.terms.size()) continue;
    if (transform_.horner) {
      steps_.add_and_rotate(step.giant, std::move(*run.sum));
    } else {
      steps_.add(step.giant, std::move(*run.sum));
    }
  }
}

ckks::Ciphertext RunningTransform::finish_partial() {
  OBSCURA_CHECK(step_ == transform_.steps.size(), "a transform ends after its last term");
  return steps_.finish_partial(level_, inputs_.front()->scale() * *diagonal_scale_);
}

ckks::Ciphertext RunningTransform::finish(bool rescale) {
  OBSCURA_CHECK(step_ == transform_.steps.size(), "a transform ends after its last term");
  return steps_.finish(level_, inputs_.front()->scale() * *diagonal_scale_, rescale);
}

}  // namespace obscura::fhe::circuits
