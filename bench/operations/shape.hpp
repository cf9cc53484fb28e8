#pragma once

#include <vector>

#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::bench::operations {

/// Parameters that operations are measured at.
struct Shape {
  fhe::params::ParamLiteral literal;
  bool insecure = false;  ///< test sizes
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// A bootstrap that is measured, and the scale of what goes in and comes out.
struct BootstrapShape {
  Shape shape;
  fhe::params::BootstrapLiteral literal;
  int scale_bits;
};

/// All of a catalogue.
struct Shapes {
  std::vector<Shape> engine;        ///< kernels, operations on ciphertexts, polynomials
  std::vector<Shape> dense;         ///< a square matrix of one eighth of the slots
  std::vector<Shape> convolutions;  ///< 16 channels of (slots / 16) pixels, a square
  std::vector<BootstrapShape> bootstraps = {};
};

/// Those of the tables in docs/performance.md.
[[nodiscard]] Shapes published_shapes();

}  // namespace obscura::bench::operations
