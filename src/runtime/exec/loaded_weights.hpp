#pragma once

#include <vector>

#include "runtime/exec/weight_source.hpp"

namespace obscura::runtime::exec {

/// Encrypted weights that are all in memory, expanded: the fastest source, for models that fit.
class LoadedWeights final : public WeightSource {
 public:
  /// weights[i] is weight number i of the program.
  explicit LoadedWeights(std::vector<fhe::ckks::Ciphertext> weights) : weights_(std::move(weights)) {}

  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] base::Result<Weight> fetch(plan::program::WeightId id) override {
    return Weight(&weights_.at(static_cast<std::size_t>(id.value())));
  }
  void prefetch(plan::program::WeightId) override {}
  void release(plan::program::WeightId) override {}

 private:
  std::vector<fhe::ckks::Ciphertext> weights_;
};

}  // namespace obscura::runtime::exec
