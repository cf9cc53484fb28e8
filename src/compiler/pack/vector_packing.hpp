#pragma once

#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/client_diagonals.hpp"
#include "compiler/pack/diagonals.hpp"
#include "compiler/pack/gather.hpp"

namespace obscura::compiler::pack {

/// One way to compute a linear layer on vectors in one ciphertext.
using VectorShape = std::variant<GatherShape, ClientDiagonalShape, DiagonalShape>;

struct VectorPacking {
  VectorShape shape;
  LayerOps ops;
  Layout output;  ///< of the real half of the result
};

/// What surrounds a layer: `periods` are the output periods that the next layer could make use of; the
/// last layer leaves junk in the imaginary half, the others do not.
struct VectorContext {
  int slots = 0;
  std::vector<int> periods;
  bool is_last = false;
};

/// Leaves out packings that another one with the same output dominates; of equals the first stays.
[[nodiscard]] std::vector<VectorPacking> without_dominated(std::vector<VectorPacking> packings);

/// Every candidate of every family for the first layer, whose input the data owner lays out.
[[nodiscard]] std::vector<VectorPacking> first_vector_candidates(const graph::SparseMatrix& matrix,
                                                                 const VectorContext& context);

/// The same for a layer whose input stands as the layer before left it.
[[nodiscard]] std::vector<VectorPacking> vector_candidates(const graph::SparseMatrix& matrix, const Layout& input,
                                                           const VectorContext& context);

/// One line for the report.
[[nodiscard]] std::string describe(const VectorPacking& packing);

}  // namespace obscura::compiler::pack
