#include "compiler/passes/runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "compiler/graph/verify.hpp"
#include "compiler/passes/complete_square.hpp"
#include "compiler/passes/fold_affine.hpp"
#include "compiler/passes/fuse_linear.hpp"
#include "compiler/passes/match_activations.hpp"
#include "compiler/passes/match_polynomials.hpp"
#include "compiler/passes/remove_unused.hpp"

namespace obscura::compiler::passes {
namespace {

constexpr std::array<Pass, 6> kStandardPasses{{
    {"match_polynomials", match_polynomials},
    {"match_activations", match_activations},
    {"remove_unused", remove_unused},
    {"complete_square", complete_square},
    {"fold_affine", fold_affine},
    {"fuse_linear", fuse_linear},
}};

base::Result<void> check_names(std::span<const Pass> passes, const std::vector<std::string>& skip) {
  for (const std::string& name : skip) {
    if (std::any_of(passes.begin(), passes.end(), [&](const Pass& pass) { return pass.name == name; })) continue;
    std::vector<std::string_view> known;
    for (const Pass& pass : passes) known.push_back(pass.name);
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

base::Result<Optimised> run_passes(graph::Graph graph, std::span<const Pass> passes, const RunOptions& options) {
  OBSCURA_TRY_VOID(check_names(passes, options.skip));
  OBSCURA_TRY_VOID(graph::verify(graph));
  Optimised result{std::move(graph), {}};
  for (const Pass& pass : passes) {
    PassReport report;
    report.name = pass.name;
    report.skipped = std::find(options.skip.begin(), options.skip.end(), pass.name) != options.skip.end();
    if (!report.skipped) {
      const auto start = std::chrono::steady_clock::now();
      OBSCURA_TRY(result.graph, pass.run(std::move(result.graph), report.notes));
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
