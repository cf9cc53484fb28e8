#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/trace.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "plan/program/schedule.hpp"
#include "runtime/exec/weight_source.hpp"

namespace obscura::runtime::exec {

/// How far a run is: told before each instruction.
struct Progress {
  int stage;              ///< number of the layer that is being computed
  int stages;             ///< of how many
  std::string_view name;  ///< of the layer
  int instruction;        ///< instructions done so far
  int instructions;       ///< of how many
  double share;           ///< estimated, of the time that has passed (plan::program::work_before)
};

/// Brings the keys that a phase of an instruction uses (plan::program::key_phases_of), where not all are held.
using BringKeys = std::function<base::Result<void>(std::size_t instruction, std::size_t phase)>;

struct ExecOptions {
  /// One span per instruction, named after layer and operation; under that of a bootstrap those of its phases, and
  /// "keys" wherever keys are brought.
  base::Trace* trace = nullptr;
  std::function<void(const Progress&)> progress;
  /// Called before each phase of each instruction; may be empty.
  BringKeys bring_keys;
  /// Asked before each instruction, and within one before each weight; false ends the run with kCancelled.
  std::function<bool()> keep_going;
};

struct ExecutorLimits {
  /// Refuse programs whose keys, weights, matrices and ciphertexts exceed this; 0 = any.
  std::uint64_t memory_bytes = 0;
  bool streamed_weights = false;  ///< the source holds kStreamedWeights at most
  bool streamed_keys = false;     ///< ExecOptions::bring_keys brings them: those of one phase at least are held
};

/// Runs one verified program over ciphertexts of one key. Immutable after construction; run() may be called
/// from several threads, each with a source of its own. The result is bit-identical for any number of
/// threads and any kernels: evaluation draws no randomness. Where the program bootstraps it holds the matrices for
/// that.
class Executor {
 public:
  /// `program` is verified; context, program and keys outlive the executor. Cost: encoding the matrices of bootstraps.
  /// Errors: kMismatch when the context has other parameters, or a key is missing or stops below the level of
  /// its use; kLimit when the program cannot fit.
  [[nodiscard]] static base::Result<Executor> create(const fhe::ckks::Context& context,
                                                     const plan::program::Program& program,
                                                     const fhe::ckks::EvaluationKeys& keys,
                                                     const ExecutorLimits& limits = {});

  /// Computes the answer to one request: the program's results, in their order. Values are freed after their last use;
  /// inputs are not copied. Errors: kMismatch when count, level, scale or basis of the inputs, or of a weight, are not
  /// what the program states; kCancelled; those of the source.
  [[nodiscard]] base::Result<std::vector<fhe::ckks::Ciphertext>> run(std::span<const fhe::ckks::Ciphertext> inputs,
                                                                     WeightSource& weights,
                                                                     const ExecOptions& options = {}) const;

 private:
  Executor(const fhe::ckks::Context& context, const plan::program::Program& program,
           const fhe::ckks::EvaluationKeys& keys);
  [[nodiscard]] base::Result<void> check_inputs(std::span<const fhe::ckks::Ciphertext> inputs) const;

  const fhe::ring::RingContext* ring_;
  const plan::program::Program* program_;
  const fhe::ckks::EvaluationKeys* keys_;
  std::vector<std::size_t> last_uses_;
  std::vector<double> work_before_;                         ///< per instruction
  std::vector<fhe::circuits::LinearTransform> transforms_;  ///< per instruction; empty unless linear
  std::vector<std::string> span_names_;                     ///< per instruction
  std::optional<fhe::boot::Bootstrapper> bootstrapper_;     ///< if the program bootstraps
};

}  // namespace obscura::runtime::exec
