#include "compiler/compile/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"

namespace obscura::compiler::compile {
namespace {

namespace program = plan::program;

// Contribution of every instruction to the variance of the score that errs most. [instructions]
std::vector<double> variance_by_instruction(const ChosenPlan& plan, const fhe::params::ParamSet& params,
                                            const CompileOptions& options) {
  const place::Calibration& calibration = plan.observation.calibration;
  const place::ErrorModel model(plan.packed.program, calibration, params, options.head_room);
  const auto sources = model.sources(place::scale_bits_of(plan.packed.program, params));
  std::vector<double> worst;
  for (const auto& gains : calibration.gains) {
    std::vector<double> parts;
    for (std::size_t i = 0; i < gains.size(); ++i) {
      parts.push_back(gains[i].result * sources[i].result + gains[i].weight * sources[i].weight +
                      gains[i].baby * sources[i].baby + gains[i].relative * sources[i].relative);
    }
    const auto sum = [](const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); };
    if (worst.empty() || sum(parts) > sum(worst)) worst = std::move(parts);
  }
  return worst;
}

int rotations_of(const program::Operation& operation) {
  if (const auto* linear = std::get_if<program::Linear>(&operation)) {
    const place::TransformShape shape = place::shape_of(*linear);
    return shape.babies + shape.giants;
  }
  return std::holds_alternative<program::Rotate>(operation) || std::holds_alternative<program::Conjugate>(operation)
             ? 1
             : 0;
}

void add_stages(const ChosenPlan& plan, const fhe::params::ParamSet& params, const CompileOptions& options,
                Report& report) {
  const program::Program& program = plan.packed.program;
  const auto work = place::CostModel(place::ModulusShape::of(params)).program(program);
  const auto variance = variance_by_instruction(plan, params, options);
  const double total = std::max(std::accumulate(variance.begin(), variance.end(), 0.0), 1e-300);
  const place::CostRow row = options.cost.row(params.log_n());
  report.stages.resize(program.stages.size());
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const program::Instruction& instruction = program.instructions[i];
    StageReport& stage = report.stages[static_cast<std::size_t>(instruction.stage)];
    if (stage.name.empty()) {
      stage.name = program.stages[static_cast<std::size_t>(instruction.stage)].name;
      stage.kind = program.stages[static_cast<std::size_t>(instruction.stage)].kind;
      stage.level_in = program::working_level(instruction).value();
    }
    if (const auto* linear = std::get_if<program::Linear>(&instruction.operation)) {
      stage.diagonals += place::shape_of(*linear).terms;
    }
    stage.rotations += rotations_of(instruction.operation);
    stage.level_out = instruction.level.value();
    stage.scale_bits = instruction.scale.log2(params);
    stage.ntts += work[i].ntts;
    stage.milliseconds += work[i].microseconds(row) / 1000;
    stage.error_share += variance[i] / total;
  }
  for (const pack::PackedTensor& tensor : plan.packed.tensors) {
    const auto& first = program.instructions[static_cast<std::size_t>(tensor.values.front().value())];
    report.stages[static_cast<std::size_t>(first.stage)].packing =
        pack::describe(*plan.packing.nodes[tensor.node.value()]);
  }
  for (const StageReport& stage : report.stages) {
    report.ntts += stage.ntts;
    report.latency_ms += stage.milliseconds;
  }
}

std::string bits_text(const std::vector<int>& bits) {
  return fmt::format("{}", fmt::join(bits, " "));
}

std::string images_text(const Report& report) {
  if (report.images == 1) return {};
  return fmt::format(" for a request of {} images, {:.2f} ms per image", report.images,
                     report.latency_ms / report.images);
}

}  // namespace

Report make_report(const ChosenPlan& plan, const fhe::params::ParamSet& params, const CompileOptions& options) {
  const program::Program& program = plan.packed.program;
  Report report;
  add_stages(plan, params, options, report);
  report.log_n = params.log_n();
  report.security_bits = static_cast<int>(program.params.security);
  report.log_qp = params.log2_qp();
  report.q_bits = program.params.q_bits;
  report.p_bits = program.params.p_bits;
  report.images = program.input_packing.images;
  report.input_ciphertexts = program.input_packing.ciphertexts;
  report.input_bytes = static_cast<std::uint64_t>(report.input_ciphertexts) *
                       program::stored_ciphertext_bytes(params, program.instructions.front().level);
  report.evaluation_key_bytes = program.cost.evaluation_key_bytes;
  report.sealed_bytes = program.cost.sealed_bytes;
  report.memory_bytes = program.cost.memory_bytes;
  report.score_error_sd = program.error.score_error_sd;
  report.score_error_bound = program.error.score_error_bound;
  report.score_maximum = program.error.score_maximum;
  return report;
}

std::string to_text(const Report& report) {
  constexpr double kMega = 1e6;
  std::string text = fmt::format("{:<28} {:>5} {:>9} {:>9} {:>6} {:>6} {:>8} {:>6}\n", "layer", "level", "diagonals",
                                 "rotations", "scale", "NTTs", "ms", "error");
  for (const StageReport& stage : report.stages) {
    text += fmt::format("{:<28} {:>2}>{:<2} {:>9} {:>9} {:>6.1f} {:>6.0f} {:>8.2f} {:>5.0f}%\n",
                        stage.name.substr(0, 28), stage.level_in, stage.level_out, stage.diagonals, stage.rotations,
                        stage.scale_bits, stage.ntts, stage.milliseconds, 100 * stage.error_share);
    if (!stage.packing.empty()) text += fmt::format("    {}\n", stage.packing);
  }
  text += fmt::format("N = 2^{}, log2(QP) = {:.1f} ({} | {}), {} bits of security\n", report.log_n, report.log_qp,
                      bits_text(report.q_bits), bits_text(report.p_bits), report.security_bits);
  text += fmt::format("predicted on one thread: {:.1f} ms{}, {:.0f} NTTs\n", report.latency_ms, images_text(report),
                      report.ntts);
  text += fmt::format(
      "input {} ciphertexts, {:.2f} MB; evaluation keys {:.1f} MB; sealed model {:.1f} MB; memory {:.0f} MB\n",
      report.input_ciphertexts, static_cast<double>(report.input_bytes) / kMega,
      static_cast<double>(report.evaluation_key_bytes) / kMega, static_cast<double>(report.sealed_bytes) / kMega,
      static_cast<double>(report.memory_bytes) / kMega);
  text += fmt::format(
      "score error: sd {:.3g}, bound {:.3g}, scores up to {:.3g}; {:.4f} % of {} calibration inputs might change "
      "label\n",
      report.score_error_sd, report.score_error_bound, report.score_maximum, 100 * report.flip_share,
      report.calibration_inputs);
  if (report.check) text += to_text(*report.check);
  for (const std::string& note : report.notes) text += fmt::format("note: {}\n", note);
  return text;
}

namespace {

nlohmann::ordered_json activations_of(const Report& report) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const passes::FittedActivation& a : report.activations) {
    rows.push_back({{"name", a.name},
                    {"degree", a.degree},
                    {"depth", a.depth},
                    {"low", a.low},
                    {"high", a.high},
                    {"rms_error", a.rms_error},
                    {"max_error", a.max_error},
                    {"bits_lost", a.bits_lost}});
  }
  return rows;
}

nlohmann::ordered_json figures_of(const Check& check) {
  nlohmann::ordered_json figures = {{"inputs", check.inputs},
                                    {"unseen", check.unseen},
                                    {"agreement", check.agreement},
                                    {"polynomial_flips", check.polynomial_flips},
                                    {"noise_flips", check.noise_flips},
                                    {"could_flip", check.could_flip},
                                    {"polynomial_error", check.polynomial_error},
                                    {"noise_sd", check.noise_sd},
                                    {"predicted_noise_sd", check.predicted_noise_sd},
                                    {"largest_noise", check.largest_noise},
                                    {"noise_bound", check.noise_bound},
                                    {"out_of_range", check.out_of_range},
                                    {"left_range", check.left}};
  if (check.labelled) {
    figures["right"] = check.right;
    figures["float_right"] = check.float_right;
  }
  return figures;
}

}  // namespace

std::string to_json(const Report& report) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (const StageReport& stage : report.stages) {
    stages.push_back({{"name", stage.name},
                      {"kind", stage.kind},
                      {"packing", stage.packing},
                      {"diagonals", stage.diagonals},
                      {"rotations", stage.rotations},
                      {"level_in", stage.level_in},
                      {"level_out", stage.level_out},
                      {"scale_bits", stage.scale_bits},
                      {"ntts", stage.ntts},
                      {"milliseconds", stage.milliseconds},
                      {"error_share", stage.error_share}});
  }
  nlohmann::ordered_json json = {{"stages", stages},
                                 {"log_n", report.log_n},
                                 {"security_bits", report.security_bits},
                                 {"log_qp", report.log_qp},
                                 {"q_bits", report.q_bits},
                                 {"p_bits", report.p_bits},
                                 {"images", report.images},
                                 {"input_ciphertexts", report.input_ciphertexts},
                                 {"input_ciphertext_bytes", report.input_bytes},
                                 {"evaluation_key_bytes", report.evaluation_key_bytes},
                                 {"sealed_model_bytes", report.sealed_bytes},
                                 {"memory_bytes", report.memory_bytes},
                                 {"ntts", report.ntts},
                                 {"latency_ms", report.latency_ms},
                                 {"latency_ms_per_image", report.latency_ms / report.images},
                                 {"score_error_sd", report.score_error_sd},
                                 {"score_error_bound", report.score_error_bound},
                                 {"score_maximum", report.score_maximum},
                                 {"flip_share", report.flip_share},
                                 {"calibration_inputs", report.calibration_inputs},
                                 {"activations", activations_of(report)},
                                 {"notes", report.notes}};
  if (report.check) json["check"] = figures_of(*report.check);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace obscura::compiler::compile
