#pragma once

#include <memory>

#include "base/result.hpp"
#include "compiler/compile/observe.hpp"
#include "compiler/compile/options.hpp"
#include "compiler/compile/structure.hpp"
#include "compiler/pack/network_search.hpp"
#include "compiler/place/choose_primes.hpp"
#include "compiler/place/scale_plan.hpp"

namespace obscura::compiler::compile {

struct ChosenPlan {
  std::shared_ptr<const graph::Graph> graph;  ///< what is computed: the network, with its bootstraps
  pack::PackedNetwork packed;                 ///< with parameters, levels and scales
  pack::NetworkPacking packing;               ///< of one image, in its share of the slots
  Observation observation;
  Structure structure;
  place::PrimeChoice primes;
  double microseconds = 0;  ///< predicted, one thread, for all images of a request
};

/// The plan with the least predicted latency whose predicted score error stays at or below `most_sd`: ring
/// degree, ending, key-switching digits, packing, sizes of primes and scales, all by search. A request for several
/// images is packed as one image in fewer slots, and then interleaved (pack/interleave.hpp). A plan that does not keep
/// its bound in the simulator (stated_error.hpp) is passed over. Deterministic.
/// Errors: kUnsupported with the best error that was reached and why nothing fits, or with the number of levels that
/// the network needs and which layers take them.
[[nodiscard]] base::Result<ChosenPlan> choose_plan(const graph::Graph& graph, const Inputs& inputs, double most_sd,
                                                   const CompileOptions& options);

}  // namespace obscura::compiler::compile
