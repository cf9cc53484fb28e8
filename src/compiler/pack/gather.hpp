#pragma once

#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/layout.hpp"
#include "compiler/pack/program_builder.hpp"

namespace obscura::compiler::pack {

/// First layer, no rotation of the input at all: the data owner sends, for the t-th structural non-zero of
/// every row, the input element that it multiplies (im2col). Block t has `block` slots; position p of it
/// belongs to row p mod period. `blocks` different blocks stand in each of `parts` halves (real,
/// imaginary) of a ciphertext, repeated until it is full, and the cyclic fold by `blocks` leaves the same
/// sums in every block. With two parts, (x1 + i x2)(w1 - i w2) has the real part x1 w1 + x2 w2.
struct GatherShape {
  int slots = 0;
  int block = 0;   ///< power of two, >= period
  int blocks = 1;  ///< power of two, block * blocks <= slots
  int parts = 1;
  int taps = 0;    ///< most structural non-zeros of a row
  int period = 0;  ///< of the output, >= rows

  [[nodiscard]] int ciphertexts() const;
  friend bool operator==(const GatherShape&, const GatherShape&) = default;
};

struct GatherPacking {
  GatherShape shape;
  LayerOps ops;
  Layout output;
};

/// Every block size, block count and number of parts that fits, for each wished output period.
[[nodiscard]] std::vector<GatherPacking> gather_candidates(const graph::SparseMatrix& matrix, int slots,
                                                           const std::vector<int>& periods, bool is_last);

/// The input elements by slot, as InputPacking::element, -1 for none. [ciphertexts][2][slots]
[[nodiscard]] std::vector<std::int32_t> gather_input(const graph::SparseMatrix& matrix, const GatherShape& shape);

/// Appends inputs, transform and folds; the result lacks the bias. With `is_last` only the real half of it
/// is meaningful.
plan::program::ValueId emit_gather(const graph::SparseMatrix& matrix, const GatherShape& shape, bool is_last,
                                   ProgramBuilder& builder);

[[nodiscard]] std::string describe(const GatherShape& shape);

}  // namespace obscura::compiler::pack
