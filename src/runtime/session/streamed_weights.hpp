#pragma once

#include <functional>
#include <map>
#include <utility>

#include "plan/program/schedule.hpp"
#include "runtime/exec/weight_source.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::runtime::session {

/// Weights read out of the sealed model when they are needed and dropped after use: memory for
/// plan::program::kStreamedWeights of them instead of all. One run at a time per object.
class StreamedWeights final : public exec::WeightSource {
 public:
  /// Model and ring must outlive it. `release_pages` as in SessionLimits.
  StreamedWeights(const wire::SealedModel& model, const fhe::ring::RingContext& ring,
                  std::function<void()> release_pages)
      : model_(&model), ring_(&ring), release_pages_(std::move(release_pages)) {}

  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] std::size_t most_held() const override { return plan::program::kStreamedWeights; }
  [[nodiscard]] base::Result<exec::Weight> fetch(plan::program::WeightId id) override;
  /// Reads, verifies and expands them side by side.
  void prefetch(std::span<const plan::program::WeightId> ids) override;
  void release(plan::program::WeightId id) override { held_.erase(id.value()); }

 private:
  const wire::SealedModel* model_;
  const fhe::ring::RingContext* ring_;
  std::function<void()> release_pages_;
  std::map<int, fhe::ckks::Ciphertext> held_;
};

}  // namespace obscura::runtime::session
