#include "compiler/passes/runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "compiler/graph/verify.hpp"
#include "compiler/passes/approximate_maxpool.hpp"
#include "compiler/passes/balance_scales.hpp"
#include "compiler/passes/complete_square.hpp"
#include "compiler/passes/fit_activations.hpp"
#include "compiler/passes/fold_affine.hpp"
#include "compiler/passes/fuse_linear.hpp"
#include "compiler/passes/match_activations.hpp"
#include "compiler/passes/match_polynomials.hpp"
#include "compiler/passes/remove_unused.hpp"

namespace obscura::compiler::passes {
namespace {

constexpr std::array<Pass, 9> kStandardPasses{{
    {"match_polynomials", graph_only<match_polynomials>},
    {"match_activations", graph_only<match_activations>},
    {"remove_unused", graph_only<remove_unused>},
    {"approximate_maxpool", approximate_maxpool},
    {"fit_activations", fit_activations},
    {"complete_square", graph_only<complete_square>},
    {"balance_scales", graph_only<balance_scales>},
    {"fold_affine", graph_only<fold_affine>},
    {"fuse_linear", graph_only<fuse_linear>},
}};

constexpr std::size_t kFitting = 5;

base::Result<void> check_names(std::span<const Pass> passes, const std::vector<std::string>& skip) {
  const auto has = [](std::span<const Pass> list, const std::string& name) {
    return std::any_of(list.begin(), list.end(), [&](const Pass& pass) { return pass.name == name; });
  };
  for (const std::string& name : skip) {
    if (has(passes, name) || has(kStandardPasses, name)) continue;
    std::vector<std::string_view> known;
    for (const Pass& pass : kStandardPasses) known.push_back(pass.name);
    return base::fail(base::ErrorCode::kUsage, fmt::format("there is no compiler pass '{}'", name),
                      fmt::format("the passes are {}", fmt::join(known, ", ")));
  }
  return {};
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::span<const Pass> standard_passes() {
  return kStandardPasses;
}

std::span<const Pass> fitting_passes() {
  return standard_passes().first(kFitting);
}

std::span<const Pass> folding_passes() {
  return standard_passes().subspan(kFitting);
}

base::Result<Optimised> run_passes(graph::Graph graph, std::span<const Pass> passes, const RunOptions& options,
                                   const PassContext& context) {
  OBSCURA_TRY_VOID(check_names(passes, options.skip));
  OBSCURA_TRY_VOID(graph::verify(graph));
  Optimised result{std::move(graph), {}};
  for (const Pass& pass : passes) {
    PassReport report;
    report.name = pass.name;
    report.skipped = std::find(options.skip.begin(), options.skip.end(), pass.name) != options.skip.end();
    if (!report.skipped) {
      const auto start = std::chrono::steady_clock::now();
      OBSCURA_TRY(result.graph, pass.run(std::move(result.graph), context, report.notes));
      report.time_ms = milliseconds_since(start);
      if (auto verified = graph::verify(result.graph); !verified) {
        return base::fail(base::ErrorCode::kCorrupt,
                          fmt::format("after pass '{}': {}", pass.name, verified.error().message),
                          fmt::format("this is a fault of the compiler; skip the pass '{}'", pass.name));
      }
    }
    report.nodes_after = result.graph.nodes.size();
    result.reports.push_back(std::move(report));
  }
  return result;
}

}  // namespace obscura::compiler::passes
