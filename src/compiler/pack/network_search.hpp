#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "base/parallel.hpp"
#include "base/result.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/pack/linear_candidates.hpp"
#include "compiler/pack/network_packing.hpp"

namespace obscura::compiler::pack {

struct SearchOptions {
  std::size_t beam = 48;    ///< combinations of layouts kept from node to node, the cheapest of each
  std::size_t results = 2;  ///< packings returned at most
  double most_cost = std::numeric_limits<double>::infinity();  ///< dearer packings are of no interest
};

/// Searches packings of one graph (see check_packable) in ciphertexts of `slots` slots: node by node, every way to
/// compute it from every combination of layouts of the values that are still to be read. Searching again with other
/// costs is cheap. The graph and the threads must outlive the object.
class NetworkSearch {
 public:
  NetworkSearch(const graph::Graph& graph, int slots, const base::Parallel& parallel);

  /// The cheapest packings below the limit, cheapest first; perhaps none. Deterministic. Errors: kUnsupported naming
  /// the node for which no packing of the values before it leaves a way.
  [[nodiscard]] base::Result<std::vector<NetworkPacking>> run(const NodeCost& cost, const SearchOptions& options);

 private:
  [[nodiscard]] std::vector<NetworkPacking> extend(const NetworkPacking& before, graph::ValueId id,
                                                   const NodeCost& cost);
  [[nodiscard]] std::vector<NetworkPacking> extend_input(const NetworkPacking& before, const NodeCost& cost);
  [[nodiscard]] std::vector<NetworkPacking> extend_linear(const NetworkPacking& before, graph::ValueId id,
                                                          const NodeCost& cost);
  [[nodiscard]] std::vector<NetworkPacking> extend_slotwise(const NetworkPacking& before, graph::ValueId id,
                                                            const NodeCost& cost);
  [[nodiscard]] std::vector<NetworkPacking> prune(std::vector<NetworkPacking> packings, std::size_t done,
                                                  const SearchOptions& options) const;

  const graph::Graph& graph_;
  int slots_;
  LayoutPool pool_;
  LinearCandidates candidates_;
  std::vector<std::size_t> last_reader_;  ///< the node after which nobody reads a value; all of them for outputs
};

}  // namespace obscura::compiler::pack
