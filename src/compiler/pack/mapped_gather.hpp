#pragma once

#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/program_builder.hpp"
#include "compiler/pack/tensor_layout.hpp"

namespace obscura::compiler::pack {

/// First layer into any layout, no rotation of the input at all: the data owner sends, for the t-th structural
/// non-zero of every row, the input element that it multiplies (im2col), in the slots of that row. The copies of a row
/// carry different taps, as do the real and the imaginary half with two `parts`; folds add them up.
struct MappedGatherShape {
  LayoutPtr output;
  int parts = 1;
  int taps = 0;  ///< most structural non-zeros of a row

  [[nodiscard]] int copies(int result) const { return output->slots() / output->period(result); }
  /// Input ciphertexts of one result ciphertext; those of all results follow one another.
  [[nodiscard]] int ciphertexts(int result) const;
  [[nodiscard]] int ciphertexts() const;
};

struct MappedGatherPacking {
  MappedGatherShape shape;
  std::vector<LayerOps> ops;  ///< per result ciphertext
};

[[nodiscard]] std::vector<MappedGatherPacking> mapped_gathers(const graph::SparseMatrix& matrix,
                                                              const LayoutPtr& output, bool is_last);

/// As InputPacking::element. [ciphertexts][2][slots]
[[nodiscard]] std::vector<std::int32_t> mapped_gather_input(const graph::SparseMatrix& matrix,
                                                            const MappedGatherShape& shape);

[[nodiscard]] std::vector<plan::program::ValueId> emit_mapped_gather(const graph::SparseMatrix& matrix,
                                                                     const MappedGatherShape& shape, bool is_last,
                                                                     ProgramBuilder& builder);

[[nodiscard]] std::string describe(const MappedGatherShape& shape);

}  // namespace obscura::compiler::pack
