#include "runtime/session/streamed_weights.hpp"

namespace obscura::runtime::session {

base::Result<exec::Weight> StreamedWeights::fetch(plan::program::WeightId id) {
  auto found = held_.find(id.value());
  if (found == held_.end()) {
    OBSCURA_TRY(auto weight, model_->weight(*ring_, id));
    found = held_.emplace(id.value(), std::move(weight)).first;
  }
  return exec::Weight(&found->second);
}

}  // namespace obscura::runtime::session
