#include "compiler/passes/fold_affine.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Affine;

constexpr double kTerms = 1000.0;

TEST(FoldAffine, NormalisationGoesIntoConvAndDense) {
  GraphMaker make(1);
  auto x = make.conv(make.input({2, 5, 5}), 3, 2, "conv", {2, 2}, {1, 0, 0, 1});
  x = make.add(Affine{make.reals(3), make.reals(3)}, {x}, "norm");
  x = make.add(Affine{{0.5}, make.reals(3)}, {x}, "scale");
  x = make.dense(make.flatten(x, "flat"), 4, "fc");
  x = make.add(Affine{{1.0}, make.reals(4)}, {x}, "bias");
  make.graph.outputs = {x};
  Notes notes;
  EXPECT_EQ(graph::print(run_checked(fold_affine, make.graph, kTerms, &notes)),
            "%0 = input() 'x' : [2, 5, 5]\n"
            "%1 = conv(%0) 'conv+norm+scale' weights [3, 2, 2, 2] strides [2, 2] pads [1, 0, 0, 1] dilations [1, 1] "
            "groups 1 : [3, 3, 3]\n"
            "%2 = reshape(%1) 'flat' : [27]\n"
            "%3 = dense(%2) 'fc+bias' weights [4, 27] : [4]\n"
            "output %3\n");
  EXPECT_EQ(notes, (Notes{"'norm' is folded into 'conv'", "'scale' is folded into 'conv+norm'",
                          "'bias' is folded into 'fc'"}));
}

TEST(FoldAffine, LeavesWhatItCannotFold) {
  GraphMaker make(2);
  const auto conv = make.conv(make.input({2, 4, 4}), 3, 3, "conv");
  const auto uneven = make.add(Affine{{1.0}, make.reals(12)}, {conv}, "per element");
  const auto square = make.add(graph::Square{}, {uneven}, "sq");
  const auto after = make.add(Affine{{2.0}, {1.0}}, {square}, "after square");
  make.graph.outputs = {after};
  EXPECT_EQ(graph::print(run_checked(fold_affine, make.graph, kTerms)), graph::print(make.graph));
}

TEST(FoldAffine, LeavesALayerThatOthersRead) {
  GraphMaker make(3);
  const auto fc = make.dense(make.input({4}), 4, "fc");
  const auto scaled = make.add(Affine{{2.0}, {1.0}}, {fc}, "scaled");
  make.graph.outputs = {make.add(graph::Multiply{}, {scaled, fc}, "product")};
  EXPECT_EQ(graph::print(run_checked(fold_affine, make.graph, kTerms)), graph::print(make.graph));
}

}  // namespace
}  // namespace obscura::compiler::passes
