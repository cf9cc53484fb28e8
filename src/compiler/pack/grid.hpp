#pragma once

#include <vector>

#include "compiler/graph/shape.hpp"
#include "compiler/pack/tensor_layout.hpp"

namespace obscura::compiler::pack {

/// A tensor as planes of rows and columns: the last two dimensions are rows and columns, all before them channels;
/// vectors are channels of one element.
struct Planes {
  int channels = 1;
  int rows = 1;
  int columns = 1;
};
[[nodiscard]] Planes planes_of(const graph::Shape& shape);

/// Channels in planes of a power of two of slots, `gap` slots apart in both directions (as strides leave them), with
/// up to `per_plane` channels side by side in the gaps (multiplexed packing: Lee et al., ICML 2022, section 4);
/// planes fill one ciphertext after the other, and a ciphertext that is less than half full repeats them.
struct Grid {
  Planes planes;
  int gap = 1;
  int per_plane = 1;
  /// Rows and columns dealt to phase x phase planes each: element (h, w) stands at (h / phase, w / phase) of plane
  /// (h mod phase, w mod phase). For inputs of strided layers.
  int phase = 1;
};

/// Layouts of a tensor that some linear layer could leave or want: gaps 1, 2, 4, ..., all sensible numbers of channels
/// per plane, vectors of repeated powers of two. At most `most_ciphertexts` ciphertexts.
[[nodiscard]] std::vector<TensorLayout> grid_layouts(const graph::Shape& shape, int slots, int most_ciphertexts);

/// Where a grid of full gaps leaves room for four copies and more of its planes: parts of the planes instead, so many
/// that a block holds two copies' worth of slots (RepeatedParts). A matrix from plain copies to repeated parts can be
/// folded, and so can one from repeated parts to plain copies: between plain copies neither could, as all copies see
/// the same.
[[nodiscard]] std::vector<TensorLayout> repeated_layouts(const graph::Shape& shape, int slots);

/// The grid layouts and those with phases, which only the data owner can lay out at no cost.
[[nodiscard]] std::vector<TensorLayout> input_layouts(const graph::Shape& shape, int slots, int most_ciphertexts);

}  // namespace obscura::compiler::pack
