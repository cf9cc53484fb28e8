#include "compiler/passes/remove_unused.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

TEST(RemoveUnused, KeepsTheInputAndWhatOutputsNeed) {
  GraphMaker make(7);
  const auto x = make.input({4});
  const auto dead = make.add(graph::Square{}, {x}, "dead");
  make.add(graph::Square{}, {dead}, "deader");
  const auto live = make.dense(x, 2, "live");
  make.graph.outputs = {live};
  Notes notes;
  const auto result = run_checked(remove_unused, make.graph, 100.0, &notes);
  EXPECT_EQ(graph::print(result), "%0 = input() 'x' : [4]\n%1 = dense(%0) 'live' weights [2, 4] : [2]\noutput %1\n");
  EXPECT_EQ(notes, (Notes{"square 'dead' is not needed", "square 'deader' is not needed"}));
}

}  // namespace
}  // namespace obscura::compiler::passes
