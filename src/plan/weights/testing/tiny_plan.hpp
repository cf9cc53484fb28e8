#pragma once

#include <cstdint>
#include <random>

#include "plan/program/testing/tiny_program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::plan::weights::testing {

/// The tiny program with weights drawn from [-1, 1]; every second one has an imaginary part.
inline Plan tiny_plan(const program::testing::TinyOptions& options = {}, std::uint64_t seed = 7) {
  Plan plan;
  plan.program = program::testing::tiny_program(options);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  const auto slots = std::size_t{1} << (options.log_n - 1);
  for (std::size_t i = 0; i < plan.program.weights.size(); ++i) {
    auto& values = plan.weights.values.emplace_back(slots);
    for (auto& value : values) value = {draw(random), i % 2 == 0 ? 0.0 : draw(random)};
  }
  plan.labels = {"cat", "dog", "gnu"};
  return plan;
}

}  // namespace obscura::plan::weights::testing
