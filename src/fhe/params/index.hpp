#pragma once

#include "base/strong.hpp"

namespace obscura::fhe::params {

/// Rescales left in a ciphertext; 0 = none. A ciphertext of level l lives modulo q_0 ... q_l.
using Level = base::Strong<struct LevelTag, int>;

/// Position of a prime in the chain q_0, q_1, ...
using PrimeIndex = base::Strong<struct PrimeIndexTag, int>;

/// Cyclic rotation of the slots to the left: slot i of the result is slot i + step of the operand,
/// modulo the number of slots. May be negative.
using RotationStep = base::Strong<struct RotationStepTag, int>;

}  // namespace obscura::fhe::params
