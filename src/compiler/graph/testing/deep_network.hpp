#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/graph/testing/matrix_chain.hpp"

namespace obscura::compiler::graph::testing {

inline constexpr int kDeepWidth = 12;
/// Squares; with a matrix before each and one at the end it takes a level for each of 2 * kDeepSquares + 1, which is
/// more than the smallest primes of any secure chain leave.
inline constexpr int kDeepSquares = 43;

/// For tests: inputs in [-1, 1] are brought to [0.75, 0.95], and then x -> x^2 / 2 + 1/2 of the neighbour, again and
/// again: it stays in that interval and magnifies no error.
inline Graph deep_network() {
  std::vector<SparseMatrix> layers;
  for (int layer = 0; layer <= kDeepSquares; ++layer) {
    const bool first = layer == 0;
    SparseMatrix matrix{kDeepWidth, kDeepWidth, {0}, {}, {}, {}};
    for (std::uint32_t row = 0; row < kDeepWidth; ++row) {
      matrix.col.push_back((row + (first ? 0 : 1)) % kDeepWidth);
      matrix.value.push_back(first ? 0.1 : 0.5);
      matrix.row_ptr.push_back(matrix.col.size());
      matrix.bias.push_back(first ? 0.85 : 0.5);
    }
    layers.push_back(std::move(matrix));
  }
  return matrix_chain({{1, 1, kDeepWidth}}, std::move(layers));
}

}  // namespace obscura::compiler::graph::testing
