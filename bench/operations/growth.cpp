#include "bench/operations/growth.hpp"

#include <algorithm>
#include <cstddef>

#include "bench/operations/detail/at_level.hpp"

namespace obscura::bench::operations {

namespace {

using fhe::params::Level;

constexpr int kFirstLogN = 13;
constexpr int kPrimesApart = 3;
constexpr std::size_t kSwept = 2;  ///< so many of the largest full chains are measured level by level, and on threads

struct Curve {
  const char* name;
  Case (*prepare)(Engine& engine, Level level);
};

constexpr Curve kCurves[] = {
    {"rotate", detail::prepare_rotate},
    {"multiply, relinearise, rescale", detail::prepare_multiply},
    {"16 hoisted rotations, summed", detail::prepare_summed_rotations},
};

GrowthPoint make_point(const Curve& curve, const Shape& shape, int primes) {
  const Operation measured{
      Group::kCiphertexts, std::string(curve.name) + ", " + std::to_string(primes) + " primes", shape,
      [prepare = curve.prepare, primes](Engine& engine) { return prepare(engine, Level(primes - 1)); }};
  return {curve.name, measured, primes, false, false};
}

int chain_length(const Shape& shape) {
  return static_cast<int>(shape.literal.q_bits.size());
}

}  // namespace

GrowthShapes growth_shapes(int largest_log_n) {
  GrowthShapes shapes;
  for (int log_n = kFirstLogN; log_n <= largest_log_n; ++log_n) {
    shapes.short_chains.push_back({{log_n, std::vector<int>(5, 34), {40}}});
  }
  for (const Shape& shape : published_shapes().engine) {
    if (shape.literal.log_n <= largest_log_n) shapes.full_chains.push_back(shape);
  }
  return shapes;
}

std::vector<GrowthPoint> growth_points(const GrowthShapes& shapes) {
  std::vector<GrowthPoint> points;
  for (const Shape& shape : shapes.short_chains) {
    for (const Curve& curve : kCurves) {
      points.push_back(make_point(curve, shape, chain_length(shape)));
      points.back().short_chain = true;
    }
  }
  const std::size_t full = shapes.full_chains.size();
  for (std::size_t i = 0; i < full; ++i) {
    const Shape& shape = shapes.full_chains[i];
    const bool swept = i + kSwept >= full;
    for (const Curve& curve : kCurves) {
      for (int primes = kPrimesApart; swept && primes < chain_length(shape); primes += kPrimesApart) {
        points.push_back(make_point(curve, shape, primes));
      }
      points.push_back(make_point(curve, shape, chain_length(shape)));
      points.back().on_threads = swept;
    }
  }
  return points;
}

}  // namespace obscura::bench::operations
