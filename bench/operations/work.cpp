#include "bench/operations/work.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace obscura::bench::operations {

Work operator+(const Work& a, const Work& b) {
  return {a.transforms + b.transforms, a.lane_ops + b.lane_ops, a.random_bytes + b.random_bytes, a.bytes + b.bytes};
}

Work operator*(double times, const Work& work) {
  return {times * work.transforms, times * work.lane_ops, times * work.random_bytes, times * work.bytes};
}

WorkModel::WorkModel(const fhe::params::ParamSet& params, fhe::params::Level level)
    : params_(&params),
      level_(level),
      q_(level.value() + 1),
      p_(static_cast<double>(params.p().size())),
      digits_(params.digit_count(level)) {}

Work WorkModel::memory(double limbs) const {
  return {.bytes = limbs * params_->degree() * static_cast<double>(sizeof(std::uint64_t))};
}

Work WorkModel::mod_up() const {
  Work work{.transforms = q_};
  for (const fhe::params::DigitRange& range : params_->digits().first(static_cast<std::size_t>(digits_))) {
    const double own = std::min(range.count, level_.value() + 1 - range.first);
    const double targets = q_ + p_ - own;
    work.transforms += targets;
    // A digit of one prime is only reduced.
    work.lane_ops += targets * kReduction;
    if (own > 1) work.lane_ops += own * kScaling + targets * own * kMultiplyAdd;
  }
  return work;
}

Work WorkModel::key_product() const {
  const double outputs = 2 * (q_ + p_);
  return Work{.lane_ops = outputs * (digits_ * kMultiplyAdd + kReduction)} + memory(outputs * digits_);
}

Work WorkModel::mod_down(bool rescale) const {
  const double sources = p_ + (rescale ? 1 : 0);
  const double targets = q_ - (rescale ? 1 : 0);
  Work work{.transforms = sources + targets, .lane_ops = targets * (kReduction + kScaling)};
  if (sources > 1) work.lane_ops += sources * kScaling + targets * sources * kMultiplyAdd;
  return work;
}

Work WorkModel::key_switch(bool rescale) const {
  return mod_up() + key_product() + 2 * mod_down(rescale);
}

Work WorkModel::embedding() const {
  return {.lane_ops = static_cast<double>(params_->log_n() - 1)};
}

Work WorkModel::giant_step(bool rotated, bool encrypted) const {
  const Work switched = mod_down(false) + mod_up() + key_product();
  const Work sum{.lane_ops = (encrypted ? 3 : 2) * (q_ + p_) * kReduction};
  return sum + ((rotated ? 1 : 0) + (encrypted ? 1 : 0)) * switched;
}

Work WorkModel::extended_transform(const fhe::circuits::LinearTransform& transform, bool encrypted) const {
  std::set<std::pair<int, int>> rotations;
  std::set<int> rotated_inputs;
  Work work;
  for (const fhe::circuits::GiantStep& step : transform.steps) {
    const auto terms = static_cast<double>(step.terms.size());
    const double products = encrypted ? 4 : 2;
    work = work + giant_step(step.giant.value() != 0, encrypted) +
           terms * (Work{.lane_ops = products * (q_ + p_) * kMultiplyAdd} + memory(products / 2 * (q_ + p_)));
    for (const fhe::circuits::DiagonalTerm& term : step.terms) {
      if (term.baby.value() == 0) continue;
      rotations.emplace(term.input, term.baby.value());
      rotated_inputs.insert(term.input);
    }
  }
  return work + static_cast<double>(rotated_inputs.size()) * mod_up() +
         static_cast<double>(rotations.size()) * key_product() + 2 * mod_down(true);
}

}  // namespace obscura::bench::operations
