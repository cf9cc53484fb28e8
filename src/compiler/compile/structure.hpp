#pragma once

#include <memory>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/place/cost_model.hpp"
#include "compiler/place/cost_table.hpp"
#include "compiler/place/levels.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::compiler::compile {

/// A chain whose primes stand, since a bootstrap needs most of them as they are.
struct BootstrapChain {
  fhe::params::ParamLiteral params;
  fhe::params::BootstrapLiteral bootstrap;
  place::ModulusShape shape;
  int from = 0;  ///< level at which a bootstrap reads
  int to = 0;    ///< level of its result
  int top = 0;   ///< from which inputs may start: above it the primes suit EvalMod only
};

/// Chains with real bootstraps of all slots, in place of whose usable levels there may be more of fewer bits. Only N =
/// 2^16 at 128 bits has any (fhe/params/bootstrap_presets.hpp).
[[nodiscard]] std::vector<std::shared_ptr<const BootstrapChain>> bootstrap_chains(fhe::params::Security security);

/// Everything that decides speed apart from the packing.
struct Structure {
  int log_n = 0;
  place::Ending ending = place::Ending::kTwoPrimes;
  int primes = 1;                                         ///< of the chain
  int special = 1;                                        ///< special primes
  int digit_primes = 1;                                   ///< chain primes per gadget digit
  std::shared_ptr<const BootstrapChain> chain = nullptr;  ///< if there is one, it decides primes and digits

  [[nodiscard]] place::ModulusShape shape() const;
  bool operator==(const Structure&) const = default;
};

/// For which even the smallest primes stay below the cap.
[[nodiscard]] std::vector<Structure> structures(int log_n, const graph::Graph& graph, fhe::params::Security security);

/// For a graph with bootstraps that are placed for this chain.
[[nodiscard]] std::vector<Structure> structures(const std::shared_ptr<const BootstrapChain>& chain,
                                                const graph::Graph& graph);

/// What operators of the graph cost at the levels at which they work, in microseconds.
[[nodiscard]] pack::NodeCost node_cost(const Structure& structure, const graph::Graph& graph,
                                       const place::CostRow& row);

/// The same of an operator of which no packing is known yet, at some level, for one ciphertext: a matrix as wide as
/// those of convolutions.
[[nodiscard]] double typical_cost(const place::CostModel& model, const place::CostRow& row, const graph::Op& op,
                                  int level);

}  // namespace obscura::compiler::compile
