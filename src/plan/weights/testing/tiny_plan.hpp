#pragma once

#include <cstdint>
#include <random>
#include <utility>

#include "plan/program/testing/tiny_program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::plan::weights::testing {

/// A program of three scores with weights drawn from [-1, 1]; every second one has an imaginary part.
inline Plan with_drawn_weights(program::Program program, std::uint64_t seed) {
  Plan plan;
  plan.program = std::move(program);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  const auto slots = std::size_t{1} << (plan.program.params.log_n - 1);
  for (std::size_t i = 0; i < plan.program.weights.size(); ++i) {
    auto& values = plan.weights.values.emplace_back(slots);
    for (auto& value : values) value = {draw(random), i % 2 == 0 ? 0.0 : draw(random)};
  }
  plan.labels = {"cat", "dog", "gnu"};
  for (std::size_t i = 0; i < plan.program.instructions.size(); ++i) plan.predicted_ms.push_back(draw(random) + 1);
  return plan;
}

inline Plan tiny_plan(const program::testing::TinyOptions& options = {}, std::uint64_t seed = 7) {
  return with_drawn_weights(program::testing::tiny_program(options), seed);
}

}  // namespace obscura::plan::weights::testing
