#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile/check_plan.hpp"
#include "compiler/compile/choose_plan.hpp"
#include "compiler/passes/fitted_activation.hpp"

namespace obscura::compiler::compile {

/// One stage of the program as the owner sees it.
struct StageReport {
  std::string name;
  std::string kind;     ///< "linear" or "square"
  std::string packing;  ///< how a linear layer stands in the slots
  int diagonals = 0;
  int rotations = 0;  ///< hoisted and single ones, conjugations included
  int level_in = 0;
  int level_out = 0;
  double scale_bits = 0;  ///< of the result
  double ntts = 0;
  double milliseconds = 0;
  double error_share = 0;  ///< of the variance of the worst score's error
};

/// What a compilation found. Holds no weight.
struct Report {
  std::vector<StageReport> stages;
  std::vector<std::string> notes;  ///< of the passes
  std::vector<passes::FittedActivation> activations;
  std::optional<Check> check;
  int log_n = 0;
  int security_bits = 0;
  double log_qp = 0;
  std::vector<int> q_bits;
  std::vector<int> p_bits;
  int images = 1;  ///< that a request holds; the figures that follow are of a request
  int input_ciphertexts = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t evaluation_key_bytes = 0;
  std::uint64_t sealed_bytes = 0;
  std::uint64_t memory_bytes = 0;
  double ntts = 0;
  double latency_ms = 0;
  double score_error_sd = 0;
  double score_error_bound = 0;
  double score_maximum = 0;
  double flip_share = 0;
  std::size_t calibration_inputs = 0;
};

/// Everything but the notes and what is known of the calibration inputs. The plan's program is complete.
[[nodiscard]] Report make_report(const ChosenPlan& plan, const fhe::params::ParamSet& params,
                                 const CompileOptions& options);

/// A table for people, ending in a newline.
[[nodiscard]] std::string to_text(const Report& report);
/// One JSON object for machines.
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace obscura::compiler::compile
