#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compiler/graph/shape.hpp"
#include "compiler/graph/sparse_matrix.hpp"

namespace obscura::compiler::graph {

/// One linear map of a Chain. `shape` is that of its result before flattening.
struct LinearStage {
  SparseMatrix matrix;
  Shape shape;
  std::string name;  ///< the model's operators that went into it, joined by '+'
};

/// A network in its final form: linear maps with the square of every element between two of them,
/// y = L_n(sq(L_(n-1)( ... sq(L_0(x))))). Depth is one level per map and one per square.
struct Chain {
  Shape input;
  std::vector<LinearStage> stages;  ///< at least one
};

/// Whether the stages fit each other and every matrix is well-formed; kCorrupt otherwise.
[[nodiscard]] base::Result<void> check_chain(const Chain& chain);

/// What each linear map yields on this input, before it is squared: [stages][matrix.rows]. The last
/// one is the network's answer. Used to calibrate ranges and as the oracle of every packing.
[[nodiscard]] std::vector<std::vector<double>> evaluate_stages(const Chain& chain, std::span<const double> input);

}  // namespace obscura::compiler::graph
