#pragma once

#include <cstddef>
#include <vector>

#include "bench/operations/engine.hpp"
#include "fhe/circuits/linear_transform.hpp"

namespace obscura::bench::operations::detail {

/// A matrix as a transform with its diagonals, an input in slots, and the answer by plain loops.
struct Matrix {
  fhe::circuits::LinearTransform transform;
  std::vector<Slots> diagonals;
  std::vector<int> folds;  ///< afterwards, in order: add the result rotated by this
  Slots input;
  Slots expected;
  std::size_t stride = 1;  ///< slots of the result that are promised: multiples of it
};

/// Rows and columns of dense_matrix: an eighth of the slots.
[[nodiscard]] int dense_side(int slots);

/// A dense square matrix of side d, the input written eight times: slot 8 j + r holds x_j. Copy r takes the diagonals
/// that lie r d/8 further on, so that d/8 plaintexts carry all d diagonals; three folds add the copies up.
[[nodiscard]] Matrix dense_matrix(int slots);

/// Pixels along one side of the image of convolution.
[[nodiscard]] int image_side(int slots);

/// A 3x3 convolution with zero padding from 16 channels to 16; channel c holds slots c * pixels and following. Baby
/// steps turn channels, giant steps shift pixels: 144 diagonals.
[[nodiscard]] Matrix convolution(int slots);

}  // namespace obscura::bench::operations::detail
