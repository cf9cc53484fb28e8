#pragma once

#include <cstdint>

#include "plan/program/testing/deep_program.hpp"
#include "plan/weights/testing/tiny_plan.hpp"

namespace obscura::plan::weights::testing {

/// The deep program with weights as in tiny_plan(), but half as large: so that inputs in the unit square keep every
/// value before a bootstrap below 2^kDeepRangeBits. They repeat after 2^log_slots slots, and inputs have to as well.
inline Plan deep_plan(const program::testing::DeepOptions& options = {}, std::uint64_t seed = 7) {
  Plan plan = with_drawn_weights(program::testing::deep_program(options), seed);
  const auto period = std::size_t{1} << options.log_slots;
  for (auto& values : plan.weights.values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = i < period ? values[i] / 2.0 : values[i % period];
    }
  }
  return plan;
}

}  // namespace obscura::plan::weights::testing
