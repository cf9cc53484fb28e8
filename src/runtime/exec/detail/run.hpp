#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "runtime/exec/weight_source.hpp"

namespace obscura::runtime::exec::detail {

/// What all runs of one executor share.
struct Engine {
  const fhe::ring::RingContext* ring;
  const plan::program::Program* program;
  const fhe::ckks::EvaluationKeys* keys;
};

/// The values of one run. Checked against the program by the executor: inputs fit and no key is missing.
class Run {
 public:
  Run(const Engine& engine, std::span<const fhe::ckks::Ciphertext> inputs, WeightSource& weights);

  /// Computes the value of instruction `index`; its operands are live. `transform` is used if it is linear.
  [[nodiscard]] base::Result<void> execute(std::size_t index, const fhe::circuits::LinearTransform& transform);
  /// Drops the operands whose last use instruction `index` was.
  void free_after(std::size_t index, const std::vector<std::size_t>& last_uses);
  /// The last value. A program that returns its input unchanged gets a copy.
  [[nodiscard]] fhe::ckks::Ciphertext take_result() &&;

 private:
  using Ciphertext = fhe::ckks::Ciphertext;

  [[nodiscard]] const Ciphertext& value(plan::program::ValueId id) const;
  [[nodiscard]] base::Result<Weight> fetch(plan::program::WeightId id);
  void prefetch_after(std::size_t index);
  [[nodiscard]] const fhe::ckks::SwitchingKey& key(const plan::program::KeyNeed& need) const;
  [[nodiscard]] base::Result<Ciphertext> compute(const plan::program::Linear& linear,
                                                 const fhe::circuits::LinearTransform& transform);
  [[nodiscard]] base::Result<Ciphertext> compute(const plan::program::AddBias& bias);
  [[nodiscard]] Ciphertext compute(const plan::program::Square& square) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Rotate& rotate) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Conjugate& conjugate) const;
  [[nodiscard]] Ciphertext compute(const plan::program::MultiplyByI& multiply) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Add& add) const;

  Engine engine_;
  std::span<const Ciphertext> inputs_;
  WeightSource* weights_;
  std::vector<std::optional<Ciphertext>> owned_;  ///< [instructions] values that the run has made
  std::vector<const Ciphertext*> values_;         ///< [instructions] live values, inputs included
};

}  // namespace obscura::runtime::exec::detail
