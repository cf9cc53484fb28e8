#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// One callable per kind of operation, for std::visit: a new operation that is not handled does not compile.
template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

/// "input", "linear", "add_bias", ...: the word that print() and traces use.
[[nodiscard]] std::string_view name_of(const Operation& operation);

/// Whether the value is a partial sum: over Q_l * P, for a Join only.
[[nodiscard]] bool is_partial(const Operation& operation);

[[nodiscard]] bool has_bootstraps(const Program& program);

/// The level at which the instruction computes, and to which its operands are dropped: one above the stated level
/// for what rescales (Linear and Join with `rescale`, Square, Multiply, ChangeScale), the bootstrap's input level for a
/// Bootstrap, the stated level for all others. Weights are needed at this level, and keys but for a Bootstrap's.
[[nodiscard]] Level working_level(const Instruction& instruction);

/// The values that the operation reads, in the order in which it names them (repeats included).
[[nodiscard]] std::vector<ValueId> operands_of(const Operation& operation);

/// Puts `now(id)` in place of every value that the operation reads.
void replace_operands(Operation& operation, const std::function<ValueId(ValueId)>& now);

/// Puts `now(id)` in place of every weight that the operation reads.
void replace_weights(Operation& operation, const std::function<WeightId(WeightId)>& now);

/// The weights that the operation reads, in the order of use: giant step by giant step, term by term.
[[nodiscard]] std::vector<WeightId> weights_of(const Operation& operation);

/// Scores of all outputs together; their common numbering goes output by output.
[[nodiscard]] std::size_t score_count(const Program& program);

}  // namespace obscura::plan::program
