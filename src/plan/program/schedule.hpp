#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Number of the last instruction that reads each value; the value's own number when none does, and the
/// number of instructions for results, which nobody frees. Shape [instructions].
[[nodiscard]] std::vector<std::size_t> last_uses(const Program& program);

/// Bytes of one object, in memory (64-bit words) or in a file (residues packed to the bits of their primes).
[[nodiscard]] std::uint64_t ciphertext_bytes(const fhe::params::ParamSet& params, Level level);
[[nodiscard]] std::uint64_t stored_ciphertext_bytes(const fhe::params::ParamSet& params, Level level);
/// Of the instruction's value: a ciphertext, or a partial sum modulo Q_level * P.
[[nodiscard]] std::uint64_t value_bytes(const fhe::params::ParamSet& params, const Instruction& instruction);
[[nodiscard]] std::uint64_t stored_value_bytes(const fhe::params::ParamSet& params, const Instruction& instruction);
/// Both halves in memory; only the half that no seed names in a file. A key of kind kEncapsulate is one digit modulo
/// q_0 and the first special prime.
[[nodiscard]] std::uint64_t weight_bytes(const fhe::params::ParamSet& params, const WeightInfo& weight);
[[nodiscard]] std::uint64_t stored_weight_bytes(const fhe::params::ParamSet& params, const WeightInfo& weight);
[[nodiscard]] std::uint64_t key_bytes(const fhe::params::ParamSet& params, const KeyNeed& key);
[[nodiscard]] std::uint64_t key_half_bytes(const fhe::params::ParamSet& params, const KeyNeed& key);
[[nodiscard]] std::uint64_t stored_key_bytes(const fhe::params::ParamSet& params, const KeyNeed& key);

/// Most weights that a run holds at a time when they are streamed: one after the other in the order of use.
inline constexpr std::size_t kStreamedWeights = 16;

/// What running a program takes. Payload only: headers, tables of the ring and the process itself add to it.
struct MemoryEstimate {
  std::uint64_t ciphertext_bytes = 0;  ///< highest sum of live values and the running instruction's workspace
  std::uint64_t evaluation_key_bytes = 0;
  std::uint64_t stored_evaluation_key_bytes = 0;
  std::uint64_t streamed_run_bytes = 0;     ///< most that values, workspace and the keys of one phase take together
  std::uint64_t weight_bytes = 0;           ///< all weights expanded at once
  std::uint64_t streamed_weight_bytes = 0;  ///< most that kStreamedWeights of one instruction take
  std::uint64_t stored_weight_bytes = 0;
  std::uint64_t bootstrap_matrix_bytes = 0;  ///< the matrices of bootstraps, encoded

  /// Sum of what is in memory during a run; `streamed`: weights are dropped after their use.
  [[nodiscard]] std::uint64_t total_bytes(bool streamed) const {
    return ciphertext_bytes + evaluation_key_bytes + bootstrap_matrix_bytes +
           (streamed ? streamed_weight_bytes : weight_bytes);
  }
  /// The same with keys too that are loaded for what uses them, an instruction or a phase of a bootstrap.
  [[nodiscard]] std::uint64_t least_bytes() const { return beside_streamed_keys() + streamed_run_bytes; }
  /// What a run takes besides values, workspace and keys when weights and keys are loaded for what uses them.
  [[nodiscard]] std::uint64_t beside_streamed_keys() const { return bootstrap_matrix_bytes + streamed_weight_bytes; }
};

/// The values that are live during each instruction and its workspace. Shape [instructions]. Arguments as below.
[[nodiscard]] std::vector<std::uint64_t> working_bytes(const Program& program, const fhe::params::ParamSet& params);

/// `program` is verified; `params` is its make_params().
[[nodiscard]] MemoryEstimate estimate_memory(const Program& program, const fhe::params::ParamSet& params);

}  // namespace obscura::plan::program
