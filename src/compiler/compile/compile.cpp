#include "compiler/compile/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/compile/check_plan.hpp"
#include "compiler/compile/finish.hpp"
#include "compiler/compile/stated_error.hpp"
#include "compiler/compile/tolerance.hpp"
#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/interpret_batch.hpp"
#include "compiler/graph/verify.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "compiler/pack/network_packing.hpp"
#include "compiler/passes/runner.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

namespace program = plan::program;

constexpr double kPassTolerance = 1e-6;
constexpr std::size_t kPoisonedInputs = 16;
constexpr std::size_t kLongestName = 64;
/// Scores beyond this multiple of the calibrated ones are not vouched for.
constexpr double kScoreHeadRoom = 2;

base::Result<void> check_request(const CompileRequest& request, std::size_t inputs, std::size_t scores) {
  if (request.calibration.empty()) {
    return base::fail(base::ErrorCode::kUsage, "there are no calibration inputs",
                      "give inputs like those the network will see, a hundred or more");
  }
  if (request.options.images < 1 || request.options.images > program::kMaxImages) {
    return base::fail(base::ErrorCode::kUsage,
                      fmt::format("a request cannot hold {} images; 1 to {} are possible", request.options.images,
                                  program::kMaxImages),
                      "ask for another number of images in a request");
  }
  const program::InputSpec& spec = request.input;
  if (static_cast<std::size_t>(spec.channels) * spec.height * spec.width != inputs) {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("the input specification has {}x{}x{} values, the network reads {}", spec.channels,
                                  spec.height, spec.width, inputs),
                      "correct channels, height and width of the input specification");
  }
  for (std::size_t i = 0; i < request.calibration.size(); ++i) {
    const std::vector<double>& x = request.calibration[i];
    const bool finite = std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); });
    if (x.size() == inputs && finite) continue;
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("calibration input {} has {} values{}, the network reads {}", i, x.size(),
                                  finite ? "" : ", not all finite", inputs),
                      "calibrate with preprocessed inputs of the network's shape");
  }
  if (!request.labels.empty() && request.labels.size() != scores) {
    return base::fail(base::ErrorCode::kUsage,
                      fmt::format("{} labels were given for {} scores", request.labels.size(), scores),
                      "give one label per score, one a line, or none");
  }
  return {};
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

using Scores = std::vector<std::vector<double>>;

Scores scores_of(const graph::Graph& graph, const Inputs& inputs) {
  const graph::Batch batch = graph::interpret_batch(graph, inputs);
  Scores scores;
  for (std::size_t i = 0; i < batch.samples(); ++i) scores.push_back(batch.sample(i));
  return scores;
}

// The passes after fitting may reorder sums and complete squares, but not change the answers.
base::Result<void> check_passes(const graph::Graph& graph, const graph::Graph& optimised,
                                const CompileRequest& request) {
  const Scores expected = scores_of(graph, request.calibration);
  const Scores actual = scores_of(optimised, request.calibration);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = std::max(largest(expected[i]), 1e-30);
    for (std::size_t j = 0; j < expected[i].size(); ++j) {
      const double off = std::abs(actual[i][j] - expected[i][j]) / scale;
      if (off <= kPassTolerance) continue;
      return base::fail(
          base::ErrorCode::kMismatch,
          fmt::format("after optimisation, score {} of calibration input {} differs by {:.3g} of the largest score", j,
                      i, off),
          "the network cancels large numbers; train with smaller activations or skip the pass complete_square");
    }
  }
  return {};
}

std::string printable(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return name.substr(0, kLongestName);
}

std::size_t input_elements(const graph::Graph& graph) {
  return static_cast<std::size_t>(graph::element_count(graph.nodes.front().shape));
}

std::size_t label_count(const graph::Graph& graph) {
  return static_cast<std::size_t>(graph::element_count(graph.shape(graph.outputs.front())));
}

void state(ChosenPlan& plan, const fhe::params::ParamSet& params, const CompileRequest& request,
           const Tolerance& tolerance) {
  program::Program& program = plan.packed.program;
  program.input_spec = request.input;
  program.input_spec.minimum = program.input_spec.maximum = request.calibration.front().front();
  for (const std::vector<double>& input : request.calibration) {
    const auto [low, high] = std::minmax_element(input.begin(), input.end());
    program.input_spec.minimum = std::min(program.input_spec.minimum, *low);
    program.input_spec.maximum = std::max(program.input_spec.maximum, *high);
  }
  for (program::Stage& stage : program.stages) stage.name = printable(stage.name);
  for (program::Output& output : program.outputs) output.name = printable(output.name);
  program.key_needs = program::derive_key_needs(program);
  program.error.score_error_sd = std::exp2(plan.primes.log2_sd);
  program.error.score_error_bound = score_error_bound(plan, params, request.options.head_room);
  program.error.score_maximum = kScoreHeadRoom * tolerance.largest_score;
  const program::MemoryEstimate memory = program::estimate_memory(program, params);
  program.cost.latency_ms = plan.microseconds / 1000;
  program.cost.evaluation_key_bytes = memory.stored_evaluation_key_bytes;
  const std::uint64_t halves = program.sealing_key == program::SealingKey::kPublic ? 2 : 1;
  program.cost.sealed_bytes = halves * memory.stored_weight_bytes;
  program.cost.memory_bytes = memory.total_bytes(false);
}

std::vector<double> predicted_ms(const program::Program& program, const fhe::params::ParamSet& params,
                                 const place::CostTable& cost) {
  std::vector<double> ms;
  for (const place::Work& work : place::CostModel(place::ModulusShape::of(params)).program(program)) {
    ms.push_back(work.microseconds(cost.row(program.params.log_n)) / 1000);
  }
  return ms;
}

void begin(const CompileRequest& request, const std::string& stage) {
  if (request.options.on_stage) request.options.on_stage(stage);
}

/// A network on its way through the passes.
struct Optimised {
  graph::Graph matched;  ///< with its activations, the last that computes what the float network does but for MaxPool
  graph::Graph packable;
  std::vector<passes::FittedActivation> activations;
  std::vector<std::string> notes;
};

base::Result<Optimised> optimise(const graph::Graph& graph, const CompileRequest& request) {
  const passes::RunOptions run{request.options.skip_passes};
  Optimised result;
  const passes::PassContext context{request.calibration, request.options.fit, &result.activations};
  const auto fitting = passes::fitting_passes();
  begin(request, "simplifying");
  OBSCURA_TRY(passes::Optimised matched, passes::run_passes(graph, fitting.first(fitting.size() - 1), run, context));
  begin(request, "fitting polynomials to activations");
  OBSCURA_TRY(passes::Optimised fitted, passes::run_passes(matched.graph, fitting.last(1), run, context));
  begin(request, "folding layers");
  OBSCURA_TRY(passes::Optimised folded, passes::run_passes(fitted.graph, passes::folding_passes(), run));
  OBSCURA_TRY_VOID(check_passes(fitted.graph, folded.graph, request));
  for (const auto* reports : {&matched.reports, &fitted.reports, &folded.reports}) {
    for (const passes::PassReport& report : *reports) {
      result.notes.insert(result.notes.end(), report.notes.begin(), report.notes.end());
    }
  }
  result.matched = std::move(matched.graph);
  result.packable = std::move(folded.graph);
  return result;
}

}  // namespace

base::Result<CompileOutput> compile_packable(const graph::Graph& graph, const CompileRequest& request) {
  OBSCURA_TRY_VOID(graph::verify(graph));
  OBSCURA_TRY_VOID(pack::check_packable(graph));
  OBSCURA_TRY_VOID(check_request(request, input_elements(graph), label_count(graph)));
  const auto scores = scores_of(graph, request.calibration);
  const Tolerance tolerance = tolerance_of(scores, request.options);
  OBSCURA_TRY(ChosenPlan plan, choose_plan(graph, request.calibration, tolerance.most_sd, request.options));
  const Inputs some(
      request.calibration.begin(),
      request.calibration.begin() + static_cast<std::ptrdiff_t>(std::min(kPoisonedInputs, request.calibration.size())));
  begin(request, "checking the packing");
  OBSCURA_TRY_VOID(check_packing(*plan.graph, plan.packed, some));
  OBSCURA_TRY(const fhe::params::ParamSet params, program::make_params(plan.packed.program));
  state(plan, params, request, tolerance);
  OBSCURA_TRY_VOID(program::verify(plan.packed.program));
  CompileOutput output;
  output.report = make_report(plan, params, request.options);
  output.report.flip_share = flip_share(scores, plan.packed.program.error.score_error_sd);
  output.report.calibration_inputs = request.calibration.size();
  output.errors = errors_of(plan, params, request.options.head_room);
  std::vector<double> predicted = predicted_ms(plan.packed.program, params, request.options.cost);
  output.plan = {std::move(plan.packed.program), std::move(plan.packed.weights), request.labels, std::move(predicted)};
  return output;
}

base::Result<CompileOutput> compile_graph(const graph::Graph& whole, const CompileRequest& request) {
  OBSCURA_TRY(const graph::Stripped stripped, graph::strip_final_ops(whole));
  OBSCURA_TRY(const std::vector<program::Finish> finishes, finishes_of(stripped));
  OBSCURA_TRY_VOID(check_request(request, input_elements(stripped.body), label_count(stripped.body)));
  OBSCURA_TRY(Optimised network, optimise(stripped.body, request));
  OBSCURA_TRY(CompileOutput output, compile_packable(network.packable, request));
  for (std::size_t i = 0; i < finishes.size(); ++i) output.plan.program.outputs[i].finish = finishes[i];
  if (!request.check.inputs.empty()) {
    begin(request, fmt::format("checking with {} inputs", request.check.inputs.size()));
    const CheckedNetwork checked{stripped.body, network.matched, network.packable, network.activations};
    output.report.check = check_plan(checked, {output.plan.program, output.plan.weights, output.errors}, request.check,
                                     base::Parallel(request.options.threads));
  }
  output.report.notes = std::move(network.notes);
  output.report.activations = std::move(network.activations);
  return output;
}

base::Result<CompileOutput> compile_onnx(const std::filesystem::path& model, const CompileRequest& request) {
  begin(request, "reading the model");
  onnx_import::ImportOptions options;
  options.approximate_maxpool = request.options.approximate_maxpool;
  OBSCURA_TRY(const graph::Graph graph, onnx_import::read_onnx_file(model, options));
  return compile_graph(graph, request);
}

}  // namespace obscura::compiler::compile
