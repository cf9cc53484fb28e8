#include "runtime/clear/clear_weight_source.hpp"

#include "base/check.hpp"

namespace obscura::runtime::clear {

ClearWeightSource::ClearWeightSource(const fhe::ckks::Encoder& encoder, const plan::weights::Plan& plan, Keep keep)
    : encoder_(&encoder), plan_(&plan), keep_(keep), encoded_(plan.weights.values.size()) {
  OBSCURA_CHECK(encoded_.size() == plan.program.weights.size(), "the plan was not verified");
}

base::Result<exec::Weight> ClearWeightSource::fetch(plan::program::WeightId id) {
  const auto index = static_cast<std::size_t>(id.value());
  auto& encoded = encoded_[index];
  if (!encoded.has_value()) {
    const plan::program::WeightInfo& info = plan_->program.weights[index];
    encoded.emplace(encoder_->encode(plan_->weights.values[index], info.level, info.scale, info.extended));
  }
  return exec::Weight(&*encoded);
}

void ClearWeightSource::release(plan::program::WeightId id) {
  if (keep_ == Keep::kNothing) encoded_[static_cast<std::size_t>(id.value())].reset();
}

}  // namespace obscura::runtime::clear
