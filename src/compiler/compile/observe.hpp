#pragma once

#include <span>
#include <vector>

#include "base/parallel.hpp"
#include "base/result.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/pack/lower.hpp"
#include "compiler/place/error_model.hpp"

namespace obscura::compiler::compile {

using Inputs = std::vector<std::vector<double>>;

/// What running a packed network on the calibration inputs tells.
struct Observation {
  place::Calibration calibration;
  /// Gains of single inputs and scores. [inputs x scores][instructions]
  std::vector<std::vector<place::Gain>> samples;
};

/// Magnitudes over the inputs; gains over the first `sensitivity_inputs`, for at most 16 scores spread over all of
/// them. Large programs are run on fewer inputs and scores, at least 4 of each, within a fixed number of products.
/// Equal for any number of threads. With `errors` (place::ErrorModel::sources) values are seen as they are with such
/// errors in them, so that gains hold products of errors too, each counted twice: an error in slots that nobody reads
/// may be multiplied by large values there and reach a score through the errors of weights that are zero.
/// Cost: one simulation per input (two with errors) and three per sample.
[[nodiscard]] Observation observe(const pack::PackedNetwork& packed, const Inputs& inputs,
                                  std::size_t sensitivity_inputs, const base::Parallel& parallel,
                                  std::span<const place::Gain> errors = {});

/// Raises the magnitudes to those of an input of zeros, which stands where a request holds fewer images than it may.
void observe_zeros(const pack::PackedNetwork& packed, Observation& observation);

/// Holds the packed program against the graph on inputs, at least one, with random junk in all slots of which a layout
/// says nothing (wherever a fold or a wrap-around read them, the scores would differ). Errors: kMismatch naming the
/// layer; that is a bug of the packing, not of the network. A program for several images runs with a different input in
/// each place, zeros in those beyond its images.
[[nodiscard]] base::Result<void> check_packing(const graph::Graph& graph, const pack::PackedNetwork& packed,
                                               const Inputs& inputs);

}  // namespace obscura::compiler::compile
