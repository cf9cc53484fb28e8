#pragma once

#include <cstdint>

#include "artifact/digest.hpp"

namespace obscura::runtime::wire {

/// Where a stage stands among those that a program was cut into and that were sealed together. A whole model is the
/// only stage of itself.
struct StagePlace {
  artifact::Digest plan;           ///< of the whole program
  artifact::Digest sealing;        ///< drawn once per sealing: names the set of stage files; zero for a whole model
  std::uint32_t number = 1;        ///< of this stage, 1 to `count`
  std::uint32_t count = 1;         ///< of the stages
  std::uint64_t first_weight = 0;  ///< number in the whole program of the stage's first weight
  friend bool operator==(const StagePlace&, const StagePlace&) = default;
};

}  // namespace obscura::runtime::wire
