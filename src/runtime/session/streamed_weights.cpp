#include "runtime/session/streamed_weights.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace obscura::runtime::session {

void StreamedWeights::prefetch(std::span<const plan::program::WeightId> ids) {
  std::vector<std::optional<fhe::ckks::Ciphertext>> read(ids.size());
  ring_->parallel().for_each(ids.size(), [&](std::size_t i) {
    if (held_.contains(ids[i].value())) return;
    auto weight = model_->weight(*ring_, ids[i]);
    if (weight) read[i] = std::move(*weight);
  });
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (read[i]) held_.emplace(ids[i].value(), std::move(*read[i]));
  }
  if (release_pages_) release_pages_();
}

base::Result<exec::Weight> StreamedWeights::fetch(plan::program::WeightId id) {
  auto found = held_.find(id.value());
  if (found == held_.end()) {
    OBSCURA_TRY(auto weight, model_->weight(*ring_, id));
    found = held_.emplace(id.value(), std::move(weight)).first;
  }
  return exec::Weight(&found->second);
}

}  // namespace obscura::runtime::session
