#pragma once

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/graph/sparse_matrix.hpp"

namespace obscura::compiler::graph {

/// The matrix and bias of a linear operator: row r makes element r of the node's value from the
/// elements of its operand. Entries exist where the operator's structure has a weight: every weight
/// of a dense layer, every tap of a convolution that falls inside the image. An operator that joins
/// several operands (is_join) has one matrix for each, and its value is the sum of their results.
/// Errors: kUnsupported when the operator is not linear, kLimit above kMaxEntries. Cost: linear in
/// the entries.
[[nodiscard]] base::Result<SparseMatrix> as_sparse_matrix(const Graph& graph, ValueId id, std::size_t operand = 0);

}  // namespace obscura::compiler::graph
