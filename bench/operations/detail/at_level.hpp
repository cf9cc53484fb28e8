#pragma once

#include "bench/operations/operation.hpp"

namespace obscura::bench::operations::detail {

/// Cases on operands of one level, with keys made for the highest. A product needs level >= 1.
[[nodiscard]] Case prepare_rotate(Engine& engine, fhe::params::Level level);
[[nodiscard]] Case prepare_summed_rotations(Engine& engine, fhe::params::Level level);
[[nodiscard]] Case prepare_multiply(Engine& engine, fhe::params::Level level);

}  // namespace obscura::bench::operations::detail
