#include "compiler/passes/match_polynomials.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/passes/remove_unused.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Add;
using graph::Affine;
using graph::Multiply;
using graph::Square;

constexpr double kTerms = 1000.0;

graph::Graph matched(const graph::Graph& graph, Notes* notes = nullptr) {
  return run_checked(remove_unused, run_checked(match_polynomials, graph, kTerms, notes), kTerms);
}

TEST(MatchPolynomials, SquarePlusTwice) {
  GraphMaker make(1);
  const auto x = make.conv(make.input({2, 4, 4}), 3, 3, "conv");
  const auto square = make.add(Square{}, {x}, "sq");
  const auto twice = make.add(Affine{{2.0}, {0.0}}, {x}, "twice");
  make.graph.outputs = {make.add(Add{}, {square, twice}, "act")};
  Notes notes;
  EXPECT_EQ(graph::print(matched(make.graph, &notes)),
            "%0 = input() 'x' : [2, 4, 4]\n"
            "%1 = conv(%0) 'conv' weights [3, 2, 3, 3] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : "
            "[3, 2, 2]\n"
            "%2 = quadratic(%1) 'act' a scalar, b scalar, c scalar : [3, 2, 2]\n"
            "output %2\n");
  EXPECT_EQ(notes, (Notes{"add 'act' is quadratic of 'conv'"}));
}

TEST(MatchPolynomials, ProductOfTwoLinesAndGranularities) {
  GraphMaker make(2);
  const auto x = make.input({3, 2, 2});
  const auto left = make.add(Affine{make.reals(3), make.reals(12)}, {x}, "left");
  const auto right = make.add(Affine{make.reals(1), make.reals(3)}, {x}, "right");
  const auto product = make.add(Multiply{}, {left, right}, "product");
  const auto moved = make.add(Affine{make.reals(3), make.reals(1)}, {product}, "moved");
  make.graph.outputs = {make.add(Add{}, {moved, x}, "act")};
  EXPECT_EQ(graph::print(matched(make.graph)),
            "%0 = input() 'x' : [3, 2, 2]\n"
            "%1 = quadratic(%0) 'act' a per channel, b per element, c per element : [3, 2, 2]\n"
            "output %1\n");
}

// The nearest common value is the base: a normalisation before the activation stays where it is, so
// that a channel it switches off does not make the square vanish.
TEST(MatchPolynomials, TakesTheNearestBase) {
  GraphMaker make(3);
  const auto conv = make.conv(make.input({1, 3, 3}), 2, 2, "conv");
  const auto norm = make.add(Affine{{0.0, 1.0}, {1.0, 2.0}}, {conv}, "norm");
  const auto square = make.add(Square{}, {norm}, "sq");
  make.graph.outputs = {make.add(Add{}, {square, norm}, "act")};
  const auto result = matched(make.graph);
  EXPECT_EQ(result.nodes.back().operands, std::vector{graph::ValueId(2)});
  EXPECT_EQ(result.nodes[2].name, "norm");
}

TEST(MatchPolynomials, SumOfEqualValuesIsAScaling) {
  GraphMaker make(4);
  const auto x = make.input({4});
  make.graph.outputs = {make.add(Add{}, {x, x}, "double")};
  EXPECT_EQ(graph::print(matched(make.graph)),
            "%0 = input() 'x' : [4]\n%1 = affine(%0) 'double' scale scalar, shift scalar : [4]\noutput %1\n");
}

TEST(MatchPolynomials, LeavesBranchesAndSquaresOfSquaresAlone) {
  GraphMaker make(5);
  const auto x = make.input({4});
  const auto one = make.dense(x, 4, "one");
  const auto skip = make.add(Add{}, {one, x}, "skip");
  const auto square = make.add(Square{}, {skip}, "sq");
  make.graph.outputs = {make.add(Square{}, {square}, "fourth")};
  EXPECT_EQ(graph::print(matched(make.graph)), graph::print(make.graph));
}

TEST(MatchPolynomials, CubesAndHigherDegrees) {
  GraphMaker make(7);
  const auto x = make.input({3, 2});
  const auto square = make.add(Square{}, {x}, "sq");
  const auto cube = make.add(Multiply{}, {square, x}, "cube");
  const auto scaled = make.add(Affine{make.reals(3), {0.5}}, {cube}, "scaled");
  const auto power = make.add(graph::Polynomial{{{0}, {0}, {0}, {0}, {1}}}, {x}, "pow");
  make.graph.outputs = {make.add(Add{}, {scaled, power}, "sum"), cube};
  Notes notes;
  EXPECT_EQ(graph::print(matched(make.graph, &notes)),
            "%0 = input() 'x' : [3, 2]\n"
            "%1 = polynomial(%0) 'cube' degree 3 : [3, 2]\n"
            "%2 = polynomial(%0) 'sum' degree 4 : [3, 2]\n"
            "output %2, %1\n");
  EXPECT_EQ(notes, (Notes{"multiply 'cube' is polynomial of 'x'", "add 'sum' is polynomial of 'x'"}));
}

// Beyond the highest degree, a product stays one of two polynomials.
TEST(MatchPolynomials, StopsAtTheHighestDegree) {
  GraphMaker make(8);
  const auto x = make.input({2});
  const auto ninth = make.add(graph::Polynomial{std::vector<graph::Coefficients>(10, {0.25})}, {x}, "ninth");
  make.graph.outputs = {make.add(Multiply{}, {ninth, ninth}, "product")};
  const auto result = matched(make.graph);
  EXPECT_EQ(result.nodes.size(), 3U);
  EXPECT_EQ(graph::op_name(result.nodes[2].op), "quadratic");
  EXPECT_EQ(result.nodes[2].operands, std::vector{graph::ValueId(1)});
}

TEST(MatchPolynomials, LongChainsStayCheap) {
  GraphMaker make(6);
  auto x = make.input({2});
  for (int i = 0; i < 2000; ++i) x = make.add(Affine{{0.5}, {0.25}}, {x}, "a");
  make.graph.outputs = {make.add(Add{}, {x, x}, "sum")};
  EXPECT_EQ(matched(make.graph).nodes.size(), 2002U);
}

}  // namespace
}  // namespace obscura::compiler::passes
