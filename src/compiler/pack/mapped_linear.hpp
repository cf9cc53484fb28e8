#pragma once

#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/program_builder.hpp"
#include "compiler/pack/rotation_split.hpp"
#include "compiler/pack/tensor_layout.hpp"

namespace obscura::compiler::pack {

/// How one ciphertext of the result is computed.
struct MappedResult {
  RotationSplit split;
  bool extended = false;
  /// With halves, the imaginary parts of the diagonals carry further diagonals, for rotations `half_shift` larger:
  /// their sum stands that many slots further on in the imaginary half and is added at the end.
  bool halves = false;
  int half_shift = 0;
  friend bool operator==(const MappedResult&, const MappedResult&) = default;
};

/// Any matrix between two layouts that are given slot by slot: the entry of row r and column c is part of the
/// diagonal whose rotation takes column c's slot to an accumulator of row r. Where the output repeats sooner than the
/// input (`folded`), the copies of a row accumulate different columns and are summed by folds, which leaves the sum in
/// every copy; else every copy accumulates all of its row. Repeated parts are folded within their blocks. (Halevi,
/// Shoup, CRYPTO 2014; "single-shot multiplexed" convolution: Ebel, Garimella, Reagen, Orion, ASPLOS 2025, section 4.)
struct MappedShape {
  LayoutPtr input;
  LayoutPtr output;
  bool folded = false;
  std::vector<MappedResult> results;  ///< per ciphertext of the output
};

/// The rotations that a matrix needs between two layouts: [result ciphertexts][operand ciphertexts], ascending.
using Rotations = std::vector<std::vector<std::vector<int>>>;

/// Empty when the layouts leave too many (more than `most_terms` in all). A result ciphertext of constants alone has
/// one, with nothing in its diagonal. Cost: the entries of the matrix times the output's copies within one period of
/// the input (folded: once).
[[nodiscard]] Rotations rotations_between(const graph::SparseMatrix& matrix, const TensorLayout& input,
                                          const TensorLayout& output, bool folded, std::size_t most_terms);

/// One way to compute a result ciphertext.
struct MappedAlternative {
  MappedResult result;
  LayerOps ops;
};

/// Alternatives that no other one dominates, for each ciphertext of the output. `is_last`: nothing reads the imaginary
/// half of the result.
[[nodiscard]] std::vector<std::vector<MappedAlternative>> mapped_alternatives(const Rotations& rotations,
                                                                              const TensorLayout& input,
                                                                              const TensorLayout& output, bool folded,
                                                                              bool is_last);

/// One value per result ciphertext, without the bias.
[[nodiscard]] std::vector<plan::program::ValueId> emit_mapped(const graph::SparseMatrix& matrix,
                                                              const MappedShape& shape, bool is_last,
                                                              const std::vector<plan::program::ValueId>& operands,
                                                              ProgramBuilder& builder);

[[nodiscard]] std::string describe(const MappedShape& shape);

}  // namespace obscura::compiler::pack
