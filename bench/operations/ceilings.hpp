#pragma once

#include <array>

#include "bench/operations/operation.hpp"
#include "bench/operations/work.hpp"

namespace obscura::bench::operations {

/// What one core reaches at best. Rates are in units per microsecond: 1,000 of them are 1 G/s.
struct Ceilings {
  std::array<double, 4> ntt_us{};  ///< one transform of a limb in cache, N = 2^13 .. 2^16
  double lane_ops = 0;             ///< 52-bit multiply-adds of 64-bit lanes
  double l2_bytes = 0;             ///< read from the second-level cache, the third, memory
  double l3_bytes = 0;
  double memory_bytes = 0;
  double random_bytes = 0;  ///< ChaCha20
};

/// Of one transform; beyond these degrees by N log N.
[[nodiscard]] double ntt_us(const Ceilings& ceilings, int log_n);

/// Of an AMD Zen 4 core at 3.6 GHz with AVX512-IFMA (docs/performance.md).
[[nodiscard]] Ceilings reference_ceilings();
/// Of this machine, with the best kernels it has: short loops, the best of several runs each. Takes half a second.
[[nodiscard]] Ceilings measured_ceilings();
/// The better of both, figure by figure.
[[nodiscard]] Ceilings better_ceilings(const Ceilings& a, const Ceilings& b);

/// Milliseconds below which this work cannot be done: arithmetic and memory traffic overlap, so the longer of the two.
/// Of the bytes, each cache gives what it can hold, the nearest first. Threads, up to one per core, share both.
[[nodiscard]] double floor_ms(const Work& work, const Ceilings& ceilings, int log_n, int threads);
/// Of one operation among the `count` of a case. A kernel runs on one thread.
[[nodiscard]] double floor_ms(const Operation& operation, const Case& made, const Ceilings& ceilings, int threads);

}  // namespace obscura::bench::operations
