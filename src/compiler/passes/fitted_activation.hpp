#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compiler/fit/fit_channel.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::passes {

/// One activation as the circuit that stands for it.
struct FittedActivation {
  std::string name;
  std::size_t degree = 0;
  int depth = 0;
  int products = 0;
  double low = 0.0;  ///< calibrated input, all channels together, without margin
  double high = 0.0;
  double rms_error = 0.0;               ///< over calibrated values of all channels
  double max_error = 0.0;               ///< over all channels' ranges with their margins
  double bits_lost = 0.0;               ///< of the worst channel
  std::vector<fit::Interval> ranges{};  ///< per channel (or element), with margin: outside nothing is promised
  graph::ValueId input{0};              ///< what it reads, in the graph that was fitted
};

}  // namespace obscura::compiler::passes
