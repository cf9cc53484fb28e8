#pragma once

#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/diagonal_form.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/layout.hpp"
#include "compiler/pack/program_builder.hpp"

namespace obscura::compiler::pack {

/// How the columns of a row are spread over accumulators.
enum class DiagonalMode {
  kCyclic,  ///< needs an input repeated cyclically: `folds` accumulators at distance `fold_step` make a row
  kFolded,  ///< needs every element once: the same with zeros at both ends, so a few more accumulators
  kDirect,  ///< one accumulator per row, every structural diagonal of the matrix
};

/// A layer by diagonals on an input whose layout is given. The diagonals are dealt to `copies` x `parts`
/// groups of group_size(): group v = c + copies * p works on copy c and leaves its result v * group_size()
/// slots further on, in the real (p = 0) or imaginary half, so that one rotation by d_first + i serves
/// diagonal v * group_size() + i of every group. Then parts, copies and rows are folded together. The
/// shifts differ from the distance of the copies by a group size: what wraps around falls into gaps.
struct DiagonalShape {
  DiagonalMode mode = DiagonalMode::kCyclic;
  Layout input;
  int copies = 1;  ///< power of two
  int parts = 1;
  int folds = 1;  ///< power of two
  int fold_step = 1;
  DiagonalForm form;
  int baby_count = 0;
  bool extended = false;

  [[nodiscard]] int groups() const { return copies * parts; }
  [[nodiscard]] int group_size() const { return ceil_div(form.d_count, groups()); }
  friend bool operator==(const DiagonalShape&, const DiagonalShape&) = default;
};

struct DiagonalPacking {
  DiagonalShape shape;
  LayerOps ops;
  Layout output;
};

/// Output periods beyond what the rows need are taken from `periods`.
[[nodiscard]] std::vector<DiagonalPacking> diagonal_candidates(const graph::SparseMatrix& matrix, const Layout& input,
                                                               const std::vector<int>& periods, bool is_last);

plan::program::ValueId emit_diagonals(const graph::SparseMatrix& matrix, const DiagonalShape& shape, bool is_last,
                                      plan::program::ValueId operand, ProgramBuilder& builder);

[[nodiscard]] std::string describe(const DiagonalShape& shape);

}  // namespace obscura::compiler::pack
