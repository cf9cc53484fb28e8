#pragma once

#include <vector>

#include "compiler/graph/chain.hpp"
#include "compiler/pack/layout.hpp"
#include "compiler/pack/search.hpp"
#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::pack {

/// A value of the program that holds a tensor of the chain, and where its elements stand.
struct PackedTensor {
  plan::program::ValueId value;
  Layout layout;
};

/// A chain in slots: instructions without levels, scales, parameters or statements, and clear weights.
struct PackedChain {
  plan::program::Program program;
  plan::weights::Weights weights;
  std::vector<PackedTensor> results;  ///< of each linear layer, bias included
};

/// Writes the program of a packing that search() returned for this chain and 2^(log_n - 1) slots.
[[nodiscard]] PackedChain lower(const graph::Chain& chain, const ChainPacking& packing, int log_n);

}  // namespace obscura::compiler::pack
