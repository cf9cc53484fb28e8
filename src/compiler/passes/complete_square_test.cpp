#include "compiler/passes/complete_square.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Quadratic;

graph::Graph activation(Quadratic op) {
  GraphMaker make(1);
  make.graph.outputs = {make.add(std::move(op), {make.input({2, 1, 2})}, "act")};
  return make.graph;
}

TEST(CompleteSquare, BecomesAffineSquareAffine) {
  Notes notes;
  const auto result = run_checked(complete_square, activation({{4.0}, {8.0}, {1.0}}), 100.0, &notes);
  EXPECT_EQ(graph::print(result),
            "%0 = input() 'x' : [2, 1, 2]\n"
            "%1 = affine(%0) 'act' scale scalar, shift scalar : [2, 1, 2]\n"
            "%2 = square(%1) 'act' : [2, 1, 2]\n"
            "%3 = affine(%2) 'act' scale scalar, shift scalar : [2, 1, 2]\n"
            "output %3\n");
  // 4 x^2 + 8 x + 1 = (2 x + 2)^2 - 3.
  const auto& before = std::get<graph::Affine>(result.nodes[1].op);
  const auto& after = std::get<graph::Affine>(result.nodes[3].op);
  EXPECT_EQ(before.scale, (graph::Coefficients{2.0}));
  EXPECT_EQ(before.shift, (graph::Coefficients{2.0}));
  EXPECT_EQ(after.scale, (graph::Coefficients{1.0}));
  EXPECT_EQ(after.shift, (graph::Coefficients{-3.0}));
  EXPECT_EQ(notes, (Notes{"activation 'act' is one square; the cancellation costs up to 0 bits"}));
}

TEST(CompleteSquare, NegativeFactorsPutTheSignBehindTheSquare) {
  const auto result = run_checked(complete_square, activation({{-4.0, 1.0}, {8.0, -3.0, 0.0, 2.0}, {1.0}}), 100.0);
  EXPECT_EQ(std::get<graph::Affine>(result.nodes[3].op).scale, (graph::Coefficients{-1.0, 1.0}));
  // c - b^2 / 4a with a = -4, -4, 1, 1 and b = 8, -3, 0, 2.
  EXPECT_EQ(std::get<graph::Affine>(result.nodes[3].op).shift, (graph::Coefficients{5.0, 1.5625, 1.0, 0.0}));
}

TEST(CompleteSquare, RandomActivations) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    GraphMaker make(seed);
    Quadratic op{make.reals(seed % 2 == 0 ? 2 : 4), make.reals(4), make.reals(1)};
    for (double& a : op.a) a += a < 0.0 ? -0.1 : 0.1;
    // |b/2a| <= 5 and |b^2/4a| <= 2.5.
    run_checked(complete_square, activation(std::move(op)), 100.0);
  }
}

TEST(CompleteSquare, ReportsTheCancellation) {
  Notes notes;
  // |b / 2a| = 8, so the constant is 2^6 times x^2 near 1; terms reach 64.
  run_checked(complete_square, activation({{0.5}, {8.0}, {0.0}}), 1000.0, &notes);
  EXPECT_EQ(notes, (Notes{"activation 'act' is one square; the cancellation costs up to 6 bits"}));
}

TEST(CompleteSquare, RefusesAVanishingSquare) {
  Notes notes;
  const auto zero = complete_square(activation({{1.0, 0.0}, {1.0}, {0.0}}), notes);
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(zero.error().message, "activation 'act': the factor of x^2 is 0 in some channel");
  const auto tiny = complete_square(activation({{1e-308}, {1e300}, {0.0}}), notes);
  ASSERT_FALSE(tiny);
  EXPECT_EQ(tiny.error().message, "activation 'act': completing the square overflows");
}

}  // namespace
}  // namespace obscura::compiler::passes
