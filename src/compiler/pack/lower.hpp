#pragma once

#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/pack/network_packing.hpp"
#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::pack {

/// The values of the program that hold a tensor of the graph, and where its elements stand in them.
struct PackedTensor {
  graph::ValueId node;
  std::vector<plan::program::ValueId> values;  ///< [ciphertexts of the layout]
  LayoutPtr layout;
};

/// A network in slots: instructions without levels, scales, parameters or statements, and clear weights.
struct PackedNetwork {
  plan::program::Program program;
  plan::weights::Weights weights;
  /// Of every node whose result stands in slots, in the graph's order. Where requests hold several images the layouts
  /// are those of one.
  std::vector<PackedTensor> tensors;
};

/// Writes the program of a packing that NetworkSearch found for this graph and 2^(log_n - 1) slots.
[[nodiscard]] PackedNetwork lower(const graph::Graph& graph, const NetworkPacking& packing, int log_n);

}  // namespace obscura::compiler::pack
