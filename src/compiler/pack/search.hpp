#pragma once

#include <vector>

#include "base/result.hpp"
#include "compiler/graph/chain.hpp"
#include "compiler/pack/layer_packing.hpp"

namespace obscura::compiler::pack {

/// A packing for every linear layer of a chain, each fitting the one before.
struct ChainPacking {
  std::vector<LayerPacking> layers;
  double cost = 0;
};

struct SearchOptions {
  std::size_t beam = 256;   ///< layouts kept between two layers, the cheapest of each
  std::size_t results = 4;  ///< packings returned at most
};

/// Output periods of layer `stage` that some folding of the next layer could use.
[[nodiscard]] std::vector<int> useful_periods(const graph::Chain& chain, std::size_t stage);

/// The cheapest packings for ciphertexts of `slots` slots, cheapest first. Deterministic. Errors:
/// kUnsupported naming the layer that fits no family, for instance because a vector between two layers
/// would need several ciphertexts.
[[nodiscard]] base::Result<std::vector<ChainPacking>> search(const graph::Chain& chain, int slots,
                                                             const StageCost& cost, const SearchOptions& options);

}  // namespace obscura::compiler::pack
