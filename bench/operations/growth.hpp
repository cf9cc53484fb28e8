#pragma once

#include <string>
#include <vector>

#include "bench/operations/operation.hpp"

namespace obscura::bench::operations {

/// Parameters that growth is measured at, by rising ring degree.
struct GrowthShapes {
  std::vector<Shape> short_chains;  ///< the same primes at every ring degree
  std::vector<Shape> full_chains;   ///< as many as a ring degree has room for
};

/// Those of docs/performance.md up to this ring degree, 13..16: chains of five primes, and the engine's published
/// shapes.
[[nodiscard]] GrowthShapes growth_shapes(int largest_log_n);

/// One point on the curves of an operation's cost.
struct GrowthPoint {
  std::string operation;  ///< names the curve
  Operation measured;     ///< its name says the level too
  int primes;             ///< of the operands: level + 1
  bool short_chain;       ///< one of GrowthShapes::short_chains
  bool on_threads;        ///< also measured on two threads, against one
};

/// Rotation, product and sum of rotations on full operands at every shape; at the two largest full chains also with 3,
/// 6, 9, ... primes left, and there the full operands on threads. Points of one shape stand together.
[[nodiscard]] std::vector<GrowthPoint> growth_points(const GrowthShapes& shapes);

}  // namespace obscura::bench::operations
