#pragma once

#include <string_view>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// Where the last linear layers leave the scores.
enum class Ending {
  kOnePrime,   ///< at level 0, not rescaled: q_0 holds scores and scale
  kTwoPrimes,  ///< at level 1, not rescaled: q_0 q_1 hold them
  kRescaled,   ///< at level 1, then rescaled to level 0
};
[[nodiscard]] std::string_view name_of(Ending ending);

/// Whether every result comes from linear layers that nothing else reads, so that they may go unrescaled.
[[nodiscard]] bool can_end_unrescaled(const plan::program::Program& program);

/// Gives every instruction and weight the lowest level from which all that reads it can be computed; results end as
/// said (kRescaled unless can_end_unrescaled()), inputs all start from one level, which is returned. A Bootstrap's
/// result stays at the level that it has, unless what reads it needs a higher one: then there is no such program.
int assign_levels(plan::program::Program& program, Ending ending);

}  // namespace obscura::compiler::place
