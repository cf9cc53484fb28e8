#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "tests/engine/engine.hpp"

namespace obscura::tests {

/// Measured and predicted error of one operation, as the standard deviation of the real (or imaginary) part of a slot.
struct NoiseRow {
  double predicted = 0;
  double squares = 0;
  std::size_t samples = 0;
  [[nodiscard]] double measured() const { return std::sqrt(squares / static_cast<double>(samples)); }
  /// log2(measured / predicted).
  [[nodiscard]] double bits() const { return std::log2(measured() / predicted); }
};

using NoiseTable = std::map<std::string, NoiseRow>;

/// Runs every operation of the engine `trials` times at the highest level on random slots, with fresh keys every 50
/// trials, and compares with the clear computation - on the decrypted operands, where the error that the operation
/// itself adds would drown in theirs.
[[nodiscard]] NoiseTable measure_noise(const std::function<params::ParamSet()>& params, int trials, std::uint64_t seed);

}  // namespace obscura::tests
