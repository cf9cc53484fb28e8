#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Where to cut a verified program into `stages` stages (for cut.hpp): between layers, so that the slowest stage is as
/// fast as it can be, then, allowing it a twentieth more, those that fewest bytes cross. A stage takes
/// its predicted time and that of the ciphertexts that it takes and returns, at a gigabit per second.
/// `predicted_ms` [instructions], one thread. Errors: kUsage when there are fewer layers, or places between layers
/// where no more ciphertexts are live than a stage takes.
/// Cost: instructions * layers + stages * layers^2 steps.
[[nodiscard]] base::Result<std::vector<std::size_t>> choose_cuts(const Program& program,
                                                                 std::span<const double> predicted_ms,
                                                                 std::size_t stages);

}  // namespace obscura::plan::program
