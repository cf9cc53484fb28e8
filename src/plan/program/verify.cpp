#include "plan/program/verify.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "plan/program/detail/check_instructions.hpp"
#include "plan/program/limits.hpp"

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

/// Names reach terminals and traces: printable, no control characters, bounded.
bool is_name(const std::string& name) {
  return name.size() <= kMaxNameBytes && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

base::Result<void> check_stages(const Program& program) {
  for (std::size_t i = 0; i < program.stages.size(); ++i) {
    if (is_name(program.stages[i].name) && is_name(program.stages[i].kind)) continue;
    return corrupt("the name of stage " + std::to_string(i) + " is too long or not printable");
  }
  return {};
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

base::Result<void> check_input_spec(const InputSpec& spec) {
  const std::int64_t limit = kMaxInputElements;
  if (spec.channels < 1 || spec.height < 1 || spec.width < 1 || spec.channels > limit || spec.height > limit ||
      spec.width > limit || std::int64_t{spec.height} * spec.width > limit ||
      std::int64_t{spec.height} * spec.width * spec.channels > limit) {
    return corrupt("the input shape " + std::to_string(spec.channels) + "x" + std::to_string(spec.height) + "x" +
                   std::to_string(spec.width) + " is empty or too large");
  }
  const auto channels = static_cast<std::size_t>(spec.channels);
  const bool sizes_fit =
      (spec.mean.empty() || spec.mean.size() == channels) && (spec.std.empty() || spec.std.size() == channels);
  if (!sizes_fit) return corrupt("the input's mean or std does not have one value per channel");
  const bool std_positive = std::all_of(spec.std.begin(), spec.std.end(), [](double value) { return value > 0; });
  if (!std::isfinite(spec.scale) || !all_finite(spec.mean) || !all_finite(spec.std) || !std_positive) {
    return corrupt("the input's scale, mean or std is not a finite number, or a std is not positive");
  }
  if (!std::isfinite(spec.minimum) || !std::isfinite(spec.maximum) || spec.minimum > spec.maximum) {
    return corrupt("the input's calibrated range is empty or not finite");
  }
  if (spec.bgr && spec.channels != 3) return corrupt("the input is BGR but does not have three channels");
  return {};
}

base::Result<void> check_packing(const Program& program, const ParamSet& params) {
  const InputPacking& packing = program.input_packing;
  if (packing.ciphertexts < 1 || static_cast<std::size_t>(packing.ciphertexts) > kMaxInputCiphertexts) {
    return corrupt("the input is packed into " + std::to_string(packing.ciphertexts) + " ciphertexts; 1.." +
                   std::to_string(kMaxInputCiphertexts) + " are possible");
  }
  const auto places = static_cast<std::size_t>(packing.ciphertexts) * 2 * static_cast<std::size_t>(params.slots());
  if (packing.element.size() != places) {
    return corrupt("the input packing lists " + std::to_string(packing.element.size()) + " places, not " +
                   std::to_string(places));
  }
  const InputSpec& spec = program.input_spec;
  const std::int64_t elements = std::int64_t{spec.channels} * spec.height * spec.width;
  for (const std::int32_t element : packing.element) {
    if (element < InputPacking::kZero || element >= elements) {
      return corrupt("the input packing names element " + std::to_string(element) + " of " + std::to_string(elements));
    }
  }
  return {};
}

base::Result<void> check_output(const OutputLayout& output, const ParamSet& params) {
  std::set<std::int32_t> slots;
  for (const std::int32_t slot : output.slot) {
    if (slot < 0 || slot >= params.slots()) {
      return corrupt("output slot " + std::to_string(slot) + " is outside 0.." + std::to_string(params.slots() - 1));
    }
    if (!slots.insert(slot).second) return corrupt("output slot " + std::to_string(slot) + " holds two scores");
  }
  if (output.slot.empty()) return corrupt("the program has no output");
  if (!std::isfinite(output.factor) || !(output.factor > 0))
    return corrupt("the output factor is not a positive number");
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

}  // namespace

base::Result<ParamSet> make_params(const Program& program) {
  if (program.insecure) return ParamSet::create_insecure({program.params});
  return ParamSet::create(program.params);
}

base::Result<void> verify(const Program& program) {
  OBSCURA_TRY_VOID(check_counts(program));
  OBSCURA_TRY(const ParamSet params, make_params(program));
  OBSCURA_TRY_VOID(check_stages(program));
  OBSCURA_TRY_VOID(check_input_spec(program.input_spec));
  OBSCURA_TRY_VOID(check_packing(program, params));
  OBSCURA_TRY_VOID(detail::check_instructions(program, params));
  OBSCURA_TRY_VOID(check_output(program.output, params));
  OBSCURA_TRY_VOID(check_statements(program));
  if (program.key_needs != derive_key_needs(program)) {
    return corrupt("the list of evaluation keys differs from what the instructions need");
  }
  return {};
}

}  // namespace obscura::plan::program
