#pragma once

#include <cstdint>

#include "plan/program/testing/branched_program.hpp"
#include "plan/weights/testing/tiny_plan.hpp"

namespace obscura::plan::weights::testing {

/// The branched program with weights as in tiny_plan().
inline Plan branched_plan(const program::testing::TinyOptions& options = {}, std::uint64_t seed = 7) {
  return with_drawn_weights(program::testing::branched_program(options), seed);
}

}  // namespace obscura::plan::weights::testing
