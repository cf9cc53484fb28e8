#include "runtime/session/resident_weights.hpp"

namespace obscura::runtime::session {

base::Result<ResidentWeights> ResidentWeights::load(const wire::SealedModel& model,
                                                    const fhe::ring::RingContext& ring) {
  ResidentWeights resident;
  for (std::size_t i = 0; i < model.weights(); ++i) {
    OBSCURA_TRY(auto weight, model.weight(ring, plan::program::WeightId(static_cast<int>(i))));
    resident.weights_.push_back(std::move(weight));
  }
  return resident;
}

base::Result<exec::Weight> ResidentWeights::fetch(plan::program::WeightId id) {
  OBSCURA_CHECK(id.value() >= 0 && static_cast<std::size_t>(id.value()) < weights_.size(), "there is no such weight");
  return exec::Weight(&weights_[static_cast<std::size_t>(id.value())]);
}

}  // namespace obscura::runtime::session
