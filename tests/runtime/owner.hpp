#pragma once

#include <utility>
#include <vector>

#include "plan/program/verify.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "plan/weights/weights.hpp"
#include "runtime/exec/weight_source.hpp"
#include "runtime/keys/key_id_of.hpp"
#include "tests/engine/engine.hpp"

namespace obscura::tests {

/// Encrypted weights, all in memory.
class LoadedWeights final : public runtime::exec::WeightSource {
 public:
  explicit LoadedWeights(std::vector<ckks::Ciphertext> weights) : weights_(std::move(weights)) {}
  [[nodiscard]] bool encrypted() const override { return true; }
  [[nodiscard]] std::size_t most_held() const override { return runtime::exec::kNoLimit; }
  [[nodiscard]] base::Result<runtime::exec::Weight> fetch(plan::program::WeightId id) override {
    return runtime::exec::Weight(&weights_.at(static_cast<std::size_t>(id.value())));
  }
  void prefetch(std::span<const plan::program::WeightId>) override {}
  void release(plan::program::WeightId) override {}

 private:
  std::vector<ckks::Ciphertext> weights_;
};

/// The owner's side of a test: a plan, the keys that it needs, its weights encrypted, inputs encrypted.
class Owner {
 public:
  explicit Owner(plan::weights::Plan plan, std::uint64_t seed = 1, const ckks::EngineOptions& options = {})
      : plan_(std::move(plan)), engine_(plan::program::make_params(plan_.program).value(), seed, options) {
    for (const auto& need : plan_.program.key_needs) add_key(need);
    for (std::size_t i = 0; i < plan_.weights.values.size(); ++i) {
      const auto& info = plan_.program.weights[i];
      weights_.push_back(engine_.encrypt_symmetric(plan_.weights.values[i], info.level, info.scale, info.extended));
    }
  }

  [[nodiscard]] const plan::weights::Plan& plan() const { return plan_; }
  [[nodiscard]] Engine& engine() { return engine_; }

  [[nodiscard]] ckks::Ciphertext weight(std::size_t i) const {
    const ckks::Ciphertext& weight = weights_[i];
    return {ring::clone(engine_.ring(), weight.c0()), ring::clone(engine_.ring(), weight.c1()), weight.level(),
            weight.scale()};
  }
  [[nodiscard]] LoadedWeights loaded_weights() const {
    std::vector<ckks::Ciphertext> copies;
    for (std::size_t i = 0; i < weights_.size(); ++i) copies.push_back(weight(i));
    return LoadedWeights(std::move(copies));
  }

  [[nodiscard]] std::vector<Slots> draw_inputs(std::uint64_t seed) const {
    std::mt19937_64 generator(seed);
    std::vector<Slots> inputs;
    for (int i = 0; i < plan_.program.input_packing.ciphertexts; ++i) {
      inputs.push_back(random_slots(engine_.slots(), generator));
    }
    return inputs;
  }
  [[nodiscard]] std::vector<ckks::Ciphertext> encrypt(const std::vector<Slots>& inputs) {
    const auto& first = plan_.program.instructions.front();
    std::vector<ckks::Ciphertext> encrypted;
    for (const Slots& slots : inputs) encrypted.push_back(engine_.encrypt(slots, first.level, first.scale));
    return encrypted;
  }

 private:
  void add_key(const plan::program::KeyNeed& need) {
    if (need.kind == plan::program::KeyKind::kEncapsulate) return;  // made with the other one
    if (need.kind == plan::program::KeyKind::kDecapsulate) {
      engine_.add_encapsulation_keys(need.level);
    } else {
      engine_.add_key(runtime::keys::key_id_of(need, plan_.program.params.log_n), need.level);
    }
  }

  plan::weights::Plan plan_;
  Engine engine_;
  std::vector<ckks::Ciphertext> weights_;
};

}  // namespace obscura::tests
