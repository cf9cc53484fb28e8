#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/trace.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/circuits/running_transform.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ckks/lower_view.hpp"
#include "plan/program/program.hpp"
#include "runtime/exec/weight_source.hpp"

namespace obscura::runtime::exec::detail {

/// What a run works with.
struct Engine {
  const fhe::ring::RingContext* ring;
  const plan::program::Program* program;
  const fhe::ckks::EvaluationKeys* keys;
  const fhe::boot::Bootstrapper* bootstrapper;  ///< nullptr if the program has no bootstraps
  base::Trace* trace;                           ///< for phases of instructions, or nullptr
  const std::function<base::Result<void>(std::size_t, std::size_t)>* bring_keys;  ///< ExecOptions::bring_keys
};

/// What a Bootstrap of the program goes from and to.
[[nodiscard]] fhe::boot::BootstrapScales bootstrap_scales(const plan::program::Program& program,
                                                          const plan::program::Instruction& instruction);

/// The values of one run. Checked against the program by the executor: inputs fit and no key is missing.
class Run {
 public:
  Run(const Engine& engine, std::span<const fhe::ckks::Ciphertext> inputs, WeightSource& weights);

  /// Brings the keys of instruction `index` and computes its value; its operands are live, and read at its level of
  /// work without a copy. `transform` is used if it is linear. Fetches at most WeightSource::most_held() weights at a
  /// time.
  [[nodiscard]] base::Result<void> execute(std::size_t index, const fhe::circuits::LinearTransform& transform);
  /// Drops the operands whose last use instruction `index` was.
  void free_after(std::size_t index, const std::vector<std::size_t>& last_uses);
  /// The results of the program. One that returns an input unchanged gets a copy.
  [[nodiscard]] std::vector<fhe::ckks::Ciphertext> take_results() &&;

 private:
  using Ciphertext = fhe::ckks::Ciphertext;
  using LowerView = fhe::ckks::LowerView;
  /// A linear transform under way.
  using Running = fhe::circuits::RunningTransform;

  /// Those of a phase of the running instruction.
  [[nodiscard]] base::Result<void> bring_keys(std::size_t phase) const;
  /// `id` at the level at which the running instruction computes.
  [[nodiscard]] LowerView operand(plan::program::ValueId id) const;
  [[nodiscard]] const Ciphertext& value(plan::program::ValueId id) const;
  [[nodiscard]] base::Result<Weight> fetch(plan::program::WeightId id);
  [[nodiscard]] const fhe::ckks::SwitchingKey& key(plan::program::KeyKind kind, fhe::params::RotationStep step) const;
  [[nodiscard]] base::Result<void> multiply_next(Running& running, std::span<const plan::program::WeightId> weights);
  [[nodiscard]] Ciphertext switched(const Ciphertext& a, plan::program::KeyKind kind,
                                    fhe::params::RotationStep step) const;
  [[nodiscard]] Ciphertext relinearised(const fhe::ckks::ProductCiphertext& product) const;
  [[nodiscard]] base::Result<Ciphertext> compute(const plan::program::Linear& linear,
                                                 const fhe::circuits::LinearTransform& transform);
  [[nodiscard]] base::Result<Ciphertext> compute(const plan::program::AddBias& bias);
  [[nodiscard]] Ciphertext compute(const plan::program::Join& join) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Square& square) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Rotate& rotate) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Conjugate& conjugate) const;
  [[nodiscard]] Ciphertext compute(const plan::program::MultiplyByI& multiply) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Add& add) const;
  [[nodiscard]] Ciphertext compute(const plan::program::Multiply& multiply) const;
  [[nodiscard]] Ciphertext compute(const plan::program::ChangeScale& change) const;
  [[nodiscard]] base::Result<Ciphertext> compute(const plan::program::Bootstrap& bootstrap) const;

  Engine engine_;
  std::span<const Ciphertext> inputs_;
  WeightSource* weights_;
  std::size_t index_ = 0;                                ///< of the instruction that is being computed
  const plan::program::Instruction* running_ = nullptr;  ///< that instruction
  std::vector<std::optional<Ciphertext>> owned_;         ///< [instructions] values that the run has made
  std::vector<const Ciphertext*> values_;                ///< [instructions] live values, inputs included
};

}  // namespace obscura::runtime::exec::detail
