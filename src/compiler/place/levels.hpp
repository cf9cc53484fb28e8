#pragma once

#include <string_view>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// Where the last linear layer leaves the scores.
enum class Ending {
  kOnePrime,   ///< at level 0, not rescaled: q_0 holds scores and scale
  kTwoPrimes,  ///< at level 1, not rescaled: q_0 q_1 hold them
  kRescaled,   ///< at level 1, then rescaled to level 0
};
[[nodiscard]] std::string_view name_of(Ending ending);

/// Gives every instruction and weight its level, so that the program starts as low as it can and ends as
/// said. Returns the level of the inputs. The last Linear of the program is the one that may go
/// unrescaled.
int assign_levels(plan::program::Program& program, Ending ending);

/// Levels that a chain of `layers` linear maps with squares between them starts from.
[[nodiscard]] int top_level(int layers, Ending ending);

/// Number of scales that may be chosen: that of the inputs and that of the result of each Linear.
[[nodiscard]] std::size_t scale_count(const plan::program::Program& program);

/// Gives every instruction and weight its exact scale: inputs 2^choice[0], the result of the i-th Linear
/// 2^choice[i + 1], a square S^2 / q_l, the weights whatever makes that come true. Levels must stand.
void assign_scales(plan::program::Program& program, const std::vector<int>& choice);

}  // namespace obscura::compiler::place
