#pragma once

#include <optional>
#include <vector>

#include "runtime/exec/weight_source.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::runtime::session {

/// All weights of a sealed model, verified and expanded once: for models that fit in memory and answer many
/// requests. fetch() only reads: one object may serve several runs at once.
class ResidentWeights final : public exec::WeightSource {
 public:
  /// Errors: those of SealedModel::weight. Cost: per weight one copy, digest and uniform sampling.
  [[nodiscard]] static base::Result<ResidentWeights> load(const wire::SealedModel& model,
                                                          const fhe::ring::RingContext& ring);

  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] std::size_t most_held() const override { return exec::kNoLimit; }
  [[nodiscard]] base::Result<exec::Weight> fetch(plan::program::WeightId id) override;
  void prefetch(std::span<const plan::program::WeightId>) override {}
  void release(plan::program::WeightId) override {}

 private:
  std::vector<fhe::ckks::Ciphertext> weights_;
};

}  // namespace obscura::runtime::session
