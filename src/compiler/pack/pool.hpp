#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/program_builder.hpp"
#include "compiler/pack/tensor_layout.hpp"

namespace obscura::compiler::pack {

/// A matrix of ones whose rows all sum the same pattern of slots: rotations and additions alone, no product, no level.
/// Sums over windows of an image are such where the windows do not overlap the borders.
struct PoolShape {
  LayoutPtr output;
  /// The pattern as sums of sums: from each group the steps of one sum, 0 among them, applied one group after the
  /// other.
  std::vector<std::vector<int>> steps;

  [[nodiscard]] int rotations() const;
};

/// None when the rows do not share one pattern in this layout, or some row reads several ciphertexts.
[[nodiscard]] std::optional<PoolShape> pool_shape(const graph::SparseMatrix& matrix, const TensorLayout& input,
                                                  LayoutPool& pool);

[[nodiscard]] std::vector<plan::program::ValueId> emit_pool(const PoolShape& shape,
                                                            const std::vector<plan::program::ValueId>& operands,
                                                            ProgramBuilder& builder);

[[nodiscard]] std::string describe(const PoolShape& shape);

}  // namespace obscura::compiler::pack
