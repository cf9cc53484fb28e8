#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/passes/fit_options.hpp"
#include "compiler/passes/fitted_activation.hpp"

namespace obscura::compiler::passes {

/// What a pass wants to say in the compile report, one sentence each; never a weight.
using Notes = std::vector<std::string>;

/// What passes may look at beside the graph.
struct PassContext {
  std::span<const std::vector<double>> calibration;  ///< network inputs: [inputs][elements]
  FitOptions fit;
  std::vector<FittedActivation>* fitted = nullptr;  ///< where fit_activations leaves what it made; may be null
};

/// A rewriting of the graph. The graph goes in and comes out verified.
struct Pass {
  std::string_view name;
  base::Result<graph::Graph> (*run)(graph::Graph graph, const PassContext& context, Notes& notes);
};

/// Makes a rewriting that looks at the graph alone a pass.
template <base::Result<graph::Graph> (*rewrite)(graph::Graph, Notes&)>
[[nodiscard]] base::Result<graph::Graph> graph_only(graph::Graph graph, const PassContext&, Notes& notes) {
  return rewrite(std::move(graph), notes);
}

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

/// The passes in their order: match_polynomials, match_activations, remove_unused, approximate_maxpool,
/// fit_activations, complete_square, balance_scales, fold_affine, fuse_linear. Afterwards a network that this compiler
/// supports is ready for the packer (pack::check_packable).
[[nodiscard]] std::span<const Pass> standard_passes();

/// The first five of them. Of these approximate_maxpool and fit_activations, the last, change what a network computes,
/// and need calibration inputs where there is something to approximate.
[[nodiscard]] std::span<const Pass> fitting_passes();

/// The last four of them. Matching polynomials again would undo circuits of activations.
[[nodiscard]] std::span<const Pass> folding_passes();

/// Runs passes one after the other, verifying the graph after each. Errors: kUsage when `skip` names
/// none of these or the standard passes; whatever a pass refuses; kCorrupt, naming the pass, when its result fails to
/// verify.
[[nodiscard]] base::Result<Optimised> run_passes(graph::Graph graph, std::span<const Pass> passes,
                                                 const RunOptions& options, const PassContext& context = {});

}  // namespace obscura::compiler::passes
