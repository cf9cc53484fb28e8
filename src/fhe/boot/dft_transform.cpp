#include "fhe/boot/dft_transform.hpp"

#include <complex>
#include <cstddef>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/condense.hpp"

namespace obscura::fhe::boot {
namespace {

using Values = std::vector<std::complex<double>>;

/// Where the diagonal of one term is found in the factor, and how far it is rotated.
struct Place {
  const Values* diagonal;
  int giant;
};

/// The transform by Horner's rule, its last giant step first, and for each term where its diagonal comes from.
circuits::LinearTransform shape_of(const DiagonalMatrix& factor, const params::RotationPlan& plan,
                                   std::vector<Place>& places) {
  circuits::LinearTransform transform;
  transform.extended = true;
  transform.horner = true;
  std::size_t found = 0;
  for (int giant = plan.giants - 1; giant >= 0; --giant) {
    circuits::GiantStep step{params::RotationStep(giant > 0 ? plan.babies * plan.stride : 0), {}};
    for (int baby = 0; baby < plan.babies; ++baby) {
      const int unit = plan.first + baby + plan.babies * giant;
      auto diagonal = factor.diagonals.find(unit * plan.stride);
      // Offsets that wrap around count from 0 in the plan, and balanced in the factor.
      if (diagonal == factor.diagonals.end()) diagonal = factor.diagonals.find(unit * plan.stride - factor.slots);
      if (diagonal == factor.diagonals.end()) continue;
      if (plan.first == 0 && unit * plan.stride >= factor.slots) continue;
      step.terms.push_back({0, params::RotationStep((plan.first + baby) * plan.stride), places.size()});
      places.push_back({&diagonal->second, plan.babies * giant * plan.stride});
      ++found;
    }
    OBSCURA_CHECK(!step.terms.empty(), "a giant step of a factor without diagonals");
    transform.steps.push_back(std::move(step));
  }
  OBSCURA_CHECK(found == factor.diagonals.size(), "the plan does not cover the factor");
  return transform;
}

/// `multiple` times the diagonal, rotated back by the giant step that follows, repeated over all slots.
Values slots_of(const Place& place, double multiple, std::size_t slots) {
  const Values& diagonal = *place.diagonal;
  const auto period = static_cast<int>(diagonal.size());
  const int shift = period - place.giant % period;
  Values values(slots);
  for (std::size_t j = 0; j < slots; ++j) {
    values[j] = multiple * diagonal[(j + static_cast<std::size_t>(shift)) % diagonal.size()];
  }
  return values;
}

}  // namespace

DftTransform::DftTransform(const ckks::Context& context, const DiagonalMatrix& factor, const params::RotationPlan& plan,
                           double multiple, params::Level level, const params::Scale& scale)
    : context_(&context) {
  std::vector<Place> places;
  transform_ = shape_of(factor, plan, places);
  const auto slots = static_cast<std::size_t>(context.params().slots());
  for (const Place& place : places) {
    const ckks::Plaintext full = context.encoder().encode(slots_of(place, multiple, slots), level, scale, true);
    diagonals_.push_back(ckks::condense(context.ring(), full, factor.period));
  }
}

ckks::Ciphertext DftTransform::apply(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x) const {
  const ckks::Ciphertext* const inputs[] = {&x};
  const circuits::ClearDiagonals source = [&](std::size_t i) -> const ckks::Plaintext& { return diagonals_[i]; };
  return circuits::apply(context_->ring(), keys, transform_, inputs, source, true);
}

double DftTransform::diagonal_bytes() const {
  double words = 0;
  for (const ckks::Plaintext& diagonal : diagonals_) words += static_cast<double>(diagonal.poly().words().size());
  return words * sizeof(std::uint64_t);
}

}  // namespace obscura::fhe::boot
