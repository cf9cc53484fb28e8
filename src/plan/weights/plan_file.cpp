#include "plan/weights/plan_file.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "base/file.hpp"
#include "plan/program/labels.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/verify.hpp"

namespace obscura::plan::weights {
namespace {

constexpr std::uint32_t kProgramSection = 1;
constexpr std::uint32_t kWeightsSection = 2;
constexpr std::uint32_t kLabelsSection = 3;
constexpr std::uint32_t kPredictionSection = 4;
constexpr std::size_t kSections = 4;
constexpr std::uint64_t kMaxPlanBytes = std::uint64_t{1} << 36;

using Slots = std::vector<std::complex<double>>;

artifact::Digest params_digest(const program::Program& program) {
  return artifact::sha256(program::serialize_params(program.params, program.insecure));
}

bool is_real(const Slots& slots) {
  return std::all_of(slots.begin(), slots.end(),
                     [](const auto& value) { return std::bit_cast<std::uint64_t>(value.imag()) == 0; });
}

std::vector<std::uint8_t> weight_bytes(const Weights& weights) {
  base::ByteWriter out;
  for (const Slots& slots : weights.values) {
    const bool real = is_real(slots);
    out.u8(real ? 1 : 2);
    for (const auto& value : slots) out.f64(value.real());
    if (real) continue;
    for (const auto& value : slots) out.f64(value.imag());
  }
  return out.take();
}

base::Result<Weights> parse_weights(std::span<const std::uint8_t> bytes, std::size_t count, std::size_t slots) {
  base::ByteReader in(bytes, "list of weights");
  Weights weights;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint8_t parts = in.u8();
    if (parts != 1 && parts != 2) in.reject("a weight has neither one nor two parts");
    if (in.remaining() / sizeof(double) < slots * parts) in.reject("a weight is cut short");
    if (!in.ok()) break;
    Slots& values = weights.values.emplace_back(slots);
    for (auto& value : values) value.real(in.f64());
    if (parts == 1) continue;
    for (auto& value : values) value.imag(in.f64());
    if (is_real(values)) in.reject("a weight is not in its shortest form");
  }
  OBSCURA_TRY_VOID(in.finish());
  return weights;
}

std::vector<std::uint8_t> prediction_bytes(const std::vector<double>& predicted_ms) {
  base::ByteWriter out;
  for (const double ms : predicted_ms) out.f64(ms);
  return out.take();
}

base::Result<std::vector<double>> parse_prediction(std::span<const std::uint8_t> bytes, std::size_t count) {
  base::ByteReader in(bytes, "list of predicted times");
  std::vector<double> predicted_ms(count);
  for (double& ms : predicted_ms) ms = in.f64();
  OBSCURA_TRY_VOID(in.finish());
  return predicted_ms;
}

base::Result<Plan> read_sections(const artifact::ContainerReader& container) {
  Plan plan;
  OBSCURA_TRY(const auto program_bytes, container.section(kProgramSection));
  OBSCURA_TRY(plan.program, program::parse(program_bytes));
  if (container.header().params != params_digest(plan.program) ||
      container.header().insecure() != plan.program.insecure) {
    return base::fail(base::ErrorCode::kCorrupt, "its header names other parameters than its program",
                      "compile the model again");
  }
  const auto slots = std::size_t{1} << (plan.program.params.log_n - 1);
  OBSCURA_TRY(const auto weights, container.section(kWeightsSection));
  OBSCURA_TRY(plan.weights, parse_weights(weights, plan.program.weights.size(), slots));
  OBSCURA_TRY(const auto labels, container.section(kLabelsSection));
  OBSCURA_TRY(plan.labels, program::parse_labels(labels, plan.program.outputs.front().element.size()));
  const auto prediction = container.section(kPredictionSection);
  if (!prediction) {
    return base::fail(base::ErrorCode::kUnsupported, "the plan is of an earlier version, without predicted times",
                      "compile the model again");
  }
  OBSCURA_TRY(plan.predicted_ms, parse_prediction(*prediction, plan.program.instructions.size()));
  if (container.sections().size() != kSections) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "it has " + std::to_string(container.sections().size()) + " sections where " +
                          std::to_string(kSections) + " are due",
                      "compile the model again");
  }
  OBSCURA_TRY_VOID(verify(plan));
  return plan;
}

}  // namespace

std::vector<std::uint8_t> write_plan(const Plan& plan) {
  artifact::ContainerWriter writer(artifact::ArtifactKind::kPlan, params_digest(plan.program), plan.program.insecure);
  writer.add(kProgramSection, program::serialize(plan.program));
  writer.add(kWeightsSection, weight_bytes(plan.weights));
  writer.add(kLabelsSection, program::serialize_labels(plan.labels));
  writer.add(kPredictionSection, prediction_bytes(plan.predicted_ms));
  return writer.finish();
}

base::Result<Plan> read_plan(std::span<const std::uint8_t> bytes, const std::string& name) {
  const artifact::ContainerExpectation expectation{artifact::ArtifactKind::kPlan, name, kMaxPlanBytes};
  OBSCURA_TRY(const auto container, artifact::ContainerReader::open(bytes, expectation));
  auto plan = read_sections(container);
  if (!plan) plan.error().message.insert(0, name + ": ");
  return plan;
}

base::Result<void> write_plan_file(const std::string& path, const Plan& plan) {
  return base::write_file_atomically(path, write_plan(plan), base::kSecretMode);
}

base::Result<Plan> read_plan_file(const std::string& path) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, kMaxPlanBytes));
  return read_plan(bytes, path);
}

}  // namespace obscura::plan::weights
