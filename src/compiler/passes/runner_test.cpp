#include "compiler/passes/runner.hpp"

#include <gtest/gtest.h>

#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

TEST(Runner, ReportsSkipsAndChecksNames) {
  GraphMaker make(7);
  make.graph.outputs = {make.dense(make.input({4}), 4, "fc")};
  const auto result = run_passes(make.graph, standard_passes(), {{"fold_affine", "remove_unused"}});
  ASSERT_TRUE(result);
  ASSERT_EQ(result->reports.size(), 9U);
  EXPECT_EQ(result->reports[2].name, "remove_unused");
  EXPECT_TRUE(result->reports[2].skipped);
  EXPECT_FALSE(result->reports[8].skipped);
  EXPECT_EQ(result->reports[8].nodes_after, 2U);
  const auto unknown = run_passes(make.graph, standard_passes(), {{"fuse"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(unknown.error().message, "there is no compiler pass 'fuse'");
}

TEST(Runner, VerifiesTheInputAndEveryResult) {
  GraphMaker make(8);
  make.input({4});
  EXPECT_FALSE(run_passes(make.graph, standard_passes(), {}));
  make.graph.outputs = {make.dense(graph::ValueId(0), 4, "fc")};
  const Pass breaks{"breaks", [](graph::Graph graph, const PassContext&, Notes&) -> base::Result<graph::Graph> {
                      graph.nodes[1].shape.dims[0] = 5;
                      return graph;
                    }};
  const auto result = run_passes(make.graph, std::span(&breaks, 1), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "after pass 'breaks': graph: %1 dense 'fc': is [4] but says [5]");
}

TEST(Runner, FittingAndFoldingAreTheStandardPasses) {
  ASSERT_EQ(fitting_passes().size() + folding_passes().size(), standard_passes().size());
  EXPECT_EQ(fitting_passes().back().name, "fit_activations");
  EXPECT_EQ(folding_passes().front().name, "complete_square");
  GraphMaker make(9);
  make.graph.outputs = {make.dense(make.input({4}), 4, "fc")};
  EXPECT_TRUE(run_passes(make.graph, folding_passes(), {{"match_polynomials"}}));
}

}  // namespace
}  // namespace obscura::compiler::passes
