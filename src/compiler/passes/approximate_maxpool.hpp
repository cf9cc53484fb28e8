#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Replaces every MaxPool by maxima of two, first along rows and then along columns, each of them
/// (a + b + (a - b) sign(a - b)) / 2 with a composite polynomial for the sign (fit::append_maximum) over the
/// distances that the calibration inputs show, with FitWeights::margin. All signs have one precision: the least that
/// keeps the labels within FitOptions::most_flips, or the highest tried where none does. One note per node says what
/// it costs in levels. Errors: kUsage where there is a MaxPool but no calibration inputs; those of interpretation.
/// Cost: one pass over at most 128 inputs per precision.
[[nodiscard]] base::Result<graph::Graph> approximate_maxpool(graph::Graph graph, const PassContext& context,
                                                             Notes& notes);

}  // namespace obscura::compiler::passes
