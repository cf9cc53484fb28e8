#pragma once

#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/diagonal_form.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/layout.hpp"
#include "compiler/pack/modulo.hpp"
#include "compiler/pack/program_builder.hpp"

namespace obscura::compiler::pack {

/// First layer by diagonals, where the data owner lays the input out: the columns, padded to
/// `folds` * diagonals() positions and repeated cyclically, stand in every block, but group v of the
/// `blocks` x `parts` x `ciphertexts` groups sees them shifted by v * group_size(), so that one rotation by
/// i serves diagonal v * group_size() + i of every group. The cyclic fold by blocks leaves the same sums in
/// every block; `folds` folds by diagonals() add up the rest of each row.
struct ClientDiagonalShape {
  int slots = 0;
  int block = 0;   ///< power of two
  int blocks = 1;  ///< power of two, block * blocks <= slots
  int parts = 1;
  int ciphertexts = 1;
  int folds = 1;          ///< power of two
  int column_period = 0;  ///< folds * diagonals()
  int row_period = 0;     ///< of the output; equals diagonals() when folds > 1
  int baby_count = 0;
  bool extended = false;

  [[nodiscard]] int diagonals() const { return column_period / folds; }
  [[nodiscard]] int groups() const { return blocks * parts * ciphertexts; }
  [[nodiscard]] int group_size() const { return ceil_div(diagonals(), groups()); }
  friend bool operator==(const ClientDiagonalShape&, const ClientDiagonalShape&) = default;
};

struct ClientDiagonalPacking {
  ClientDiagonalShape shape;
  LayerOps ops;
  Layout output;
};

/// Output periods beyond what the rows need are taken from `periods`.
[[nodiscard]] std::vector<ClientDiagonalPacking> client_diagonal_candidates(const graph::SparseMatrix& matrix,
                                                                            int slots, const std::vector<int>& periods,
                                                                            bool is_last);

/// As InputPacking::element. [ciphertexts][2][slots]
[[nodiscard]] std::vector<std::int32_t> client_diagonal_input(const graph::SparseMatrix& matrix,
                                                              const ClientDiagonalShape& shape);

plan::program::ValueId emit_client_diagonals(const graph::SparseMatrix& matrix, const ClientDiagonalShape& shape,
                                             bool is_last, ProgramBuilder& builder);

[[nodiscard]] std::string describe(const ClientDiagonalShape& shape);

}  // namespace obscura::compiler::pack
