#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Builds the parameter set the program names, secure or loudly insecure.
[[nodiscard]] base::Result<fhe::params::ParamSet> make_params(const Program& program);

/// Checks everything an executor relies on: operands defined before use, at or above the level of work, of a scale
/// that fits there; scales of every result exactly as the operation yields them; weights at the level of work, at
/// the scale and basis of their use, each used once
/// and numbered in the order of use, input indices dense and all inputs at one level and scale, rotation
/// steps in 0..slots-1 (1.. for Rotate: one key has one name), giant steps distinct, key_needs equal to
/// derive_key_needs(), packing, results and output slots in range, names printable, finite statements.
/// Errors: kCorrupt with the instruction's number; kLimit beyond plan/program/limits.hpp; those of
/// ParamSet::create. Cost: linear in the program, plus the search for its primes.
/// A program from outside is parsed, then verified, then used.
[[nodiscard]] base::Result<void> verify(const Program& program);

/// The same for a stage of a program (cut.hpp). Its inputs may differ in level and scale; it says how many ciphertexts
/// it takes, but names no element of the network's input, no output and no error.
[[nodiscard]] base::Result<void> verify_stage(const Program& stage);

/// The switching keys that the instructions use, each at the highest level of work that uses it, sorted by kind and
/// step.
[[nodiscard]] std::vector<KeyNeed> derive_key_needs(const Program& program);

/// Those that one instruction uses, phase by phase: what must be there at a time. A Bootstrap has the phases of
/// fhe::params::bootstrap_phases, all others have one. Each key at its level in the phase. With clear weights a Linear
/// relinearises nothing.
[[nodiscard]] std::vector<std::vector<KeyNeed>> key_phases_of(const Program& program, std::size_t instruction,
                                                              bool encrypted_weights);

}  // namespace obscura::plan::program
