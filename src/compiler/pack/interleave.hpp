#pragma once

#include "compiler/pack/lower.hpp"

namespace obscura::compiler::pack {

/// Smallest ring in which a single image of an interleaved program may be packed, as log2.
inline constexpr int kLeastLaneLogN = 2;

/// log2 of the places that `images` images take side by side (plan::program::InputPacking::lanes).
[[nodiscard]] int lane_bits(int images);

/// Makes of a program for one image in slots / lanes slots one for `images` images in a ring of lanes times the degree:
/// slot s becomes the slots s * lanes + b, one for each image b; rotations become lanes times as long, weights repeat
/// for every image. Each image is computed exactly as before, in slots that no other image ever touches: a rotation by
/// a multiple of lanes takes slot s * lanes + b to one with the same b, around the end too. So instructions, diagonals
/// and rotations stay those of one image. (What batches of CryptoNets, Gilad-Bachrach et al., ICML 2016, do with all
/// slots at once.) Layouts of tensors stay those of one image. `single` holds one image.
[[nodiscard]] PackedNetwork interleave(const PackedNetwork& single, int images);

}  // namespace obscura::compiler::pack
