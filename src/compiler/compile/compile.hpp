#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compiler/compile/calibration.hpp"
#include "compiler/compile/options.hpp"
#include "compiler/compile/report.hpp"
#include "compiler/graph/graph.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::compile {

/// What goes with a network into a compilation.
struct CompileRequest {
  plan::program::InputSpec input;                ///< its range is filled in from the calibration inputs
  std::vector<std::vector<double>> calibration;  ///< preprocessed inputs, channel-major; see read_calibration()
  std::vector<std::string> labels;               ///< one per score, or none
  CheckInputs check;                             ///< inputs to check the compiled program with, or none
  CompileOptions options;
};

struct CompileOutput {
  plan::weights::Plan plan;  ///< verified; program and clear weights
  Report report;
  /// Variances of the errors that the noise model expects of each instruction. [instructions]
  std::vector<place::Gain> errors;
};

/// Compiles a network into the fastest program that is secure and precise enough: imports, optimises and packs it,
/// chooses parameters, and holds every step against the one before on the calibration inputs (the graph's
/// interpreter before and after the passes, the slot simulator with junk in all slots that are not spoken for). Equal
/// requests give equal plans. A softmax or argmax at the end is left to the key holder (plan::program::Finish). Errors:
/// those of the import and the passes; kUsage without calibration inputs or with the wrong number of labels; kMismatch
/// when inputs and network differ in size; kUnsupported when nothing fits.
[[nodiscard]] base::Result<CompileOutput> compile_onnx(const std::filesystem::path& model,
                                                       const CompileRequest& request);
[[nodiscard]] base::Result<CompileOutput> compile_graph(const graph::Graph& whole, const CompileRequest& request);
/// Without passes, for a graph that the packer takes as it is (pack::check_packable).
[[nodiscard]] base::Result<CompileOutput> compile_packable(const graph::Graph& graph, const CompileRequest& request);

}  // namespace obscura::compiler::compile
