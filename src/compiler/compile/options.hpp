#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compiler/passes/fit_options.hpp"
#include "compiler/place/cost_table.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::compile {

/// What the owner may ask of a compilation. The defaults suit classifiers.
struct CompileOptions {
  fhe::params::Security security = fhe::params::Security::k128;
  plan::program::SealingKey sealing_key = plan::program::SealingKey::kSecret;
  place::CostTable cost = place::default_cost_table();
  int least_log_n = 11;  ///< ring degrees that are tried, 11..16
  int most_log_n = 16;
  double head_room = 4;  ///< values may grow to this multiple of their calibrated range before they wrap
  /// Predicted share of calibration inputs, the closest of them left out, whose best score noise may change; with it at
  /// most 1 / (2 inputs) more.
  double most_flips = 1e-3;
  double most_relative_sd = 1.0 / 512;   ///< predicted error of a score, relative to the range of scores
  std::uint64_t most_memory_bytes = 0;   ///< of a worker that streams the weights from the file; 0: no limit
  std::size_t sensitivity_inputs = 8;    ///< calibration inputs that the error prediction looks at
  passes::FitOptions fit;                ///< polynomials that stand for activations
  std::vector<std::string> skip_passes;  ///< passes::run_passes
  int images = 1;   ///< that one request holds, 1..kMaxImages: computed together, each in slots of its own
  int threads = 1;  ///< of the compilation; plans do not depend on it
  bool approximate_maxpool = false;                        ///< else a network with a MaxPool is refused
  std::function<void(const std::string& stage)> on_stage;  ///< told what begins now; may be empty
};

}  // namespace obscura::compiler::compile
