#pragma once

#include <limits>
#include <map>
#include <utility>
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

/// Whether two packings of one chain yield the same program.
[[nodiscard]] bool same_shapes(const ChainPacking& a, const ChainPacking& b);

struct SearchOptions {
  std::size_t beam = 256;   ///< layouts kept between two layers, the cheapest of each
  std::size_t results = 4;  ///< packings returned at most
  double most_cost = std::numeric_limits<double>::infinity();  ///< dearer packings are of no interest
};

/// Output periods of layer `stage` that some folding of the next layer could use.
[[nodiscard]] std::vector<int> useful_periods(const graph::Chain& chain, std::size_t stage);

/// Searches packings of one chain in ciphertexts of `slots` slots. Candidates are kept, so that searching again
/// with other costs is cheap. The chain must outlive the object.
class ChainSearch {
 public:
  ChainSearch(const graph::Chain& chain, int slots) : chain_(chain), slots_(slots) {}

  /// The cheapest packings below the limit, cheapest first; perhaps none. Deterministic. Errors: kUnsupported naming
  /// the layer that fits no family, for instance because a vector between two layers would need several ciphertexts.
  [[nodiscard]] base::Result<std::vector<ChainPacking>> run(const StageCost& cost, const SearchOptions& options);

 private:
  const std::vector<LayerPacking>& candidates(std::size_t stage, const ChainPacking& before);

  const graph::Chain& chain_;
  int slots_;
  std::map<std::pair<std::size_t, Layout>, std::vector<LayerPacking>> candidates_;
};

}  // namespace obscura::compiler::pack
