#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Writes every linear operator as a matrix and multiplies each chain of them into one Linear. The rule:
/// always multiply, where nothing else reads the value between. It saves a level, that is one prime in
/// every ciphertext before it, and the rotations of one layer; a note says what the product did to the
/// number of weights. An Affine that only shifts, with no matrix in front of it, costs no level: it goes into the bias
/// of a matrix that is its only reader, and stays as it is before other operators.
/// A Concat becomes a sum of matrices, one per value that it reads, each of which puts its elements in their place;
/// like any other operator it is multiplied onto the matrices in front, and what stands behind onto every one of the
/// sum. Matrices of the same value are one. Errors: kLimit when a matrix gets too large.
[[nodiscard]] base::Result<graph::Graph> fuse_linear(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
