#pragma once

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

/// The values that the operation reads, in the order in which it names them (repeats included).
[[nodiscard]] std::vector<ValueId> operands_of(const Operation& operation);

/// The weights that the operation reads, in the order of use: giant step by giant step, term by term.
[[nodiscard]] std::vector<WeightId> weights_of(const Operation& operation);

}  // namespace obscura::plan::program
