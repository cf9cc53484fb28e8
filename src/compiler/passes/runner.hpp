#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::passes {

/// What a pass wants to say in the compile report, one sentence each; never a weight.
using Notes = std::vector<std::string>;

/// A rewriting of the graph that keeps what it computes. The graph goes in and comes out verified.
struct Pass {
  std::string_view name;
  base::Result<graph::Graph> (*run)(graph::Graph graph, Notes& notes);
};

/// What one pass did.
struct PassReport {
  std::string name;
  bool skipped = false;
  double time_ms = 0.0;
  std::size_t nodes_after = 0;
  Notes notes;
};

struct RunOptions {
  std::vector<std::string> skip;  ///< names of passes to leave out
};

struct Optimised {
  graph::Graph graph;
  std::vector<PassReport> reports;  ///< one per pass, in order
};

/// The passes in their order: match_polynomials, match_activations, remove_unused, complete_square,
/// fold_affine, fuse_linear. Afterwards a network that this compiler supports is ready for lower_to_chain().
[[nodiscard]] std::span<const Pass> standard_passes();

/// Runs passes one after the other, verifying the graph after each. Errors: kUsage when `skip` names
/// no such pass; whatever a pass refuses; kCorrupt, naming the pass, when its result fails to verify.
[[nodiscard]] base::Result<Optimised> run_passes(graph::Graph graph, std::span<const Pass> passes,
                                                 const RunOptions& options);

}  // namespace obscura::compiler::passes
