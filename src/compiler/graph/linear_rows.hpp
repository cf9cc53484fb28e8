#pragma once

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/graph/sparse_matrix.hpp"

namespace obscura::compiler::graph {

/// The matrix and bias of a linear operator: row r makes element r of the node's value from the
/// elements of its operand. Entries exist where the operator's structure has a weight: every weight
/// of a dense layer, every tap of a convolution that falls inside the image. Errors: kUnsupported
/// when the operator is not linear, kLimit above kMaxEntries. Cost: linear in the entries.
[[nodiscard]] base::Result<SparseMatrix> as_sparse_matrix(const Graph& graph, ValueId id);

}  // namespace obscura::compiler::graph
