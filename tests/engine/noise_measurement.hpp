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

/// How much is measured.
struct NoiseRun {
  int keys = 1;
  int trials_per_key = 1;
  std::uint64_t seed = 0;
  [[nodiscard]] int trials() const { return keys * trials_per_key; }
};

/// Runs every operation of the engine on random slots, with `run.keys` fresh keys, at the highest level and one at half
/// of it besides, and compares with the clear computation - on the decrypted operands, where the error that the
/// operation itself adds would drown in theirs.
[[nodiscard]] NoiseTable measure_noise(const std::function<params::ParamSet()>& params, const NoiseRun& run);

}  // namespace obscura::tests
