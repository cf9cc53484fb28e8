#include "plan/program/verify.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "plan/program/detail/check_input.hpp"
#include "plan/program/detail/check_instructions.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"

namespace obscura::plan::program {
namespace {

using fhe::params::ParamSet;

tl::unexpected<base::Error> corrupt(std::string message) {
  return base::fail(base::ErrorCode::kCorrupt, std::move(message), "compile the model again");
}

base::Result<void> within(std::size_t count, std::size_t limit, const char* what) {
  if (count <= limit) return {};
  return base::fail(
      base::ErrorCode::kLimit,
      "the program has " + std::to_string(count) + " " + what + "; at most " + std::to_string(limit) + " are supported",
      "split the model");
}

base::Result<void> check_counts(const Program& program) {
  OBSCURA_TRY_VOID(within(program.instructions.size(), kMaxInstructions, "instructions"));
  OBSCURA_TRY_VOID(within(program.weights.size(), kMaxWeights, "weights"));
  OBSCURA_TRY_VOID(within(program.stages.size(), kMaxStages, "stages"));
  OBSCURA_TRY_VOID(within(program.results.size(), kMaxResults, "results"));
  OBSCURA_TRY_VOID(within(program.outputs.size(), kMaxOutputs, "outputs"));
  OBSCURA_TRY_VOID(within(score_count(program), kMaxScores, "scores"));
  OBSCURA_TRY_VOID(within(program.key_needs.size(), kMaxKeyNeeds, "key needs"));
  std::size_t terms = 0;
  for (const Instruction& instruction : program.instructions) {
    if (const auto* linear = std::get_if<Linear>(&instruction.operation)) {
      for (const GiantStep& step : linear->steps) terms += step.terms.size();
    }
  }
  OBSCURA_TRY_VOID(within(terms, kMaxTerms, "products with weights"));
  if (program.instructions.empty()) return corrupt("the program has no instructions");
  return {};
}

base::Result<void> check_stages(const Program& program) {
  for (std::size_t i = 0; i < program.stages.size(); ++i) {
    if (detail::is_name(program.stages[i].name) && detail::is_name(program.stages[i].kind)) continue;
    return corrupt("the name of stage " + std::to_string(i) + " is too long or not printable");
  }
  return {};
}

base::Result<void> check_results(const Program& program) {
  std::set<ValueId> seen;
  for (const ValueId result : program.results) {
    const std::string name = "result %" + std::to_string(result.value());
    if (result.value() < 0 || static_cast<std::size_t>(result.value()) >= program.instructions.size()) {
      return corrupt(name + " does not exist");
    }
    if (!seen.insert(result).second) return corrupt(name + " is returned twice");
  }
  if (program.results.empty()) return corrupt("the program has no results");
  return {};
}

base::Result<void> check_output(const Output& output, std::size_t results, const ParamSet& params, int lanes) {
  const std::string name = "output '" + output.name + "': ";
  std::vector<bool> taken(results * static_cast<std::size_t>(params.slots()));
  for (const OutputSlot& element : output.element) {
    const std::string slot = std::to_string(element.slot);
    if (element.slot < 0 || element.slot >= params.slots()) {
      return corrupt(name + "slot " + slot + " is outside 0.." + std::to_string(params.slots() - 1));
    }
    if (element.slot % lanes != 0) {
      return corrupt(name + "slot " + slot + " is not one of the first of " + std::to_string(lanes) + " images");
    }
    if (element.result < 0 || static_cast<std::size_t>(element.result) >= results) {
      return corrupt(name + "result number " + std::to_string(element.result) + " does not exist");
    }
    const auto place = static_cast<std::size_t>(element.result) * static_cast<std::size_t>(params.slots()) +
                       static_cast<std::size_t>(element.slot);
    if (taken[place]) {
      return corrupt(name + "slot " + slot + " of result " + std::to_string(element.result) + " holds two scores");
    }
    taken[place] = true;
  }
  if (output.element.empty()) return corrupt(name + "it has no scores");
  if (!std::isfinite(output.factor) || !(output.factor > 0)) {
    return corrupt(name + "the factor is not a positive number");
  }
  return {};
}

base::Result<void> check_outputs(const Program& program, const ParamSet& params) {
  for (std::size_t i = 0; i < program.outputs.size(); ++i) {
    const Output& output = program.outputs[i];
    if (!detail::is_name(output.name)) {
      return corrupt("the name of output " + std::to_string(i) + " is too long or not printable");
    }
    OBSCURA_TRY_VOID(check_output(output, program.results.size(), params, program.input_packing.lanes()));
  }
  if (program.outputs.empty()) return corrupt("the program has no output");
  return {};
}

base::Result<void> check_statements(const Program& program) {
  const ErrorStatement& error = program.error;
  const std::vector<double> numbers = {error.score_error_sd, error.score_error_bound, error.score_maximum,
                                       program.cost.latency_ms};
  const bool good = std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v) && v >= 0; });
  if (!good) return corrupt("the error or cost statement holds a number that is negative or not finite");
  return {};
}

/// What a whole program and a stage have in common, once their inputs are as they should be.
base::Result<void> check_computation(const Program& program, const ParamSet& params, detail::Inputs inputs) {
  OBSCURA_TRY_VOID(check_stages(program));
  OBSCURA_TRY_VOID(detail::check_instructions(program, params, inputs));
  OBSCURA_TRY_VOID(check_results(program));
  OBSCURA_TRY_VOID(check_statements(program));
  if (program.key_needs == derive_key_needs(program)) return {};
  return corrupt("the list of evaluation keys differs from what the instructions need");
}

}  // namespace

base::Result<ParamSet> make_params(const Program& program) {
  if (program.insecure) return ParamSet::create_insecure({program.params});
  return ParamSet::create(program.params);
}

base::Result<void> verify(const Program& program) {
  OBSCURA_TRY_VOID(check_counts(program));
  OBSCURA_TRY(const ParamSet params, make_params(program));
  OBSCURA_TRY_VOID(detail::check_input_spec(program.input_spec));
  OBSCURA_TRY_VOID(detail::check_input_packing(program.input_packing, program.input_spec, params.slots()));
  OBSCURA_TRY_VOID(check_computation(program, params, detail::Inputs::kAlike));
  return check_outputs(program, params);
}

base::Result<void> verify_stage(const Program& stage) {
  OBSCURA_TRY_VOID(check_counts(stage));
  OBSCURA_TRY(const ParamSet params, make_params(stage));
  OBSCURA_TRY_VOID(detail::check_input_count(stage.input_packing));
  const InputPacking& packing = stage.input_packing;
  if (!packing.element.empty() || packing.images != 1 || stage.input_spec != InputSpec{}) {
    return corrupt("a stage takes ciphertexts, but the program describes the network's input");
  }
  if (!stage.outputs.empty() || stage.error != ErrorStatement{}) {
    return corrupt("a stage returns ciphertexts, but the program describes the network's scores");
  }
  return check_computation(stage, params, detail::Inputs::kEachItsOwn);
}

}  // namespace obscura::plan::program
