#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph::testing {

/// For tests: y = L_n(sq(L_(n-1)( ... sq(L_0(x))))), every result one vector.
inline Graph matrix_chain(Shape input, std::vector<SparseMatrix> matrices) {
  Graph graph;
  const auto add = [&](Op op, std::vector<ValueId> operands, std::string name) {
    const auto id = append(graph, std::move(op), std::move(operands), std::move(name));
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id ? *id : ValueId(0);
  };
  ValueId x = add(Input{std::move(input)}, {}, "input");
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    if (i > 0) x = add(Square{}, {x}, "square");
    Shape shape{{static_cast<std::int64_t>(matrices[i].rows)}};
    x = add(Linear{std::move(matrices[i]), std::move(shape)}, {x}, "layer");
  }
  graph.outputs = {x};
  return graph;
}

}  // namespace obscura::compiler::graph::testing
