#include "compiler/passes/fit_activations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/fit/activation_circuit.hpp"
#include "compiler/passes/detail/choose_degrees.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using detail::LayerFit;
using graph::ValueId;

base::Result<void> check_inputs(const graph::Graph& graph, std::span<const std::vector<double>> inputs,
                                const std::string& first_activation) {
  if (inputs.empty()) {
    return base::fail(
        base::ErrorCode::kUsage,
        fmt::format("activation '{}' has to be fitted, but there are no calibration inputs", first_activation),
        "give inputs like those the network will see, a hundred or more");
  }
  const auto size = static_cast<std::size_t>(graph::element_count(graph.nodes[0].shape));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool finite = std::all_of(inputs[i].begin(), inputs[i].end(), [](double x) { return std::isfinite(x); });
    if (inputs[i].size() == size && finite) continue;
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("calibration input {} has {} values{}, the network reads {}", i, inputs[i].size(),
                                  finite ? "" : ", not all finite", size),
                      "calibrate with preprocessed inputs of the network's shape");
  }
  return {};
}

base::Result<std::vector<std::size_t>> ladder_of(const FitOptions& options) {
  const auto least = std::max<std::size_t>(options.min_degree, 2);
  const auto most = std::min<std::size_t>(options.max_degree, graph::kMaxDegree);
  std::vector<std::size_t> ladder;
  for (const std::size_t degree : options.degrees) {
    if (degree >= least && degree <= most) ladder.push_back(degree);
  }
  std::sort(ladder.begin(), ladder.end());
  if (ladder.empty()) {
    return base::fail(base::ErrorCode::kUsage, fmt::format("no allowed degree is in {}..{}", least, options.max_degree),
                      "allow polynomials of degree 2 at least");
  }
  return ladder;
}

FittedActivation describe(const std::string& name, const LayerFit& fit, const fit::ActivationCircuit& circuit) {
  FittedActivation result{name, fit.degree, circuit.depth, circuit.products, fit.low, fit.high};
  result.bits_lost = circuit.bits_lost;
  double squares = 0.0;
  for (const fit::ChannelFit& channel : fit.channels) {
    squares += channel.rms_error * channel.rms_error;
    result.max_error = std::max(result.max_error, channel.max_error);
    result.ranges.push_back(channel.range);
  }
  result.rms_error = std::sqrt(squares / static_cast<double>(fit.channels.size()));
  return result;
}

// The graph with the i-th activation replaced by the circuit of fits[i].
base::Result<void> replace(const graph::Graph& graph, const std::vector<LayerFit>& fits, FittedNetwork& result) {
  Rebuild rebuild(graph);
  std::size_t next = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (!detail::needs_circuit(node.op)) {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
      continue;
    }
    const LayerFit& fit = fits[next++];
    std::vector<fit::ChannelPolynomial> channels;
    for (const fit::ChannelFit& channel : fit.channels) channels.push_back({channel.range, channel.series});
    OBSCURA_TRY(const fit::ActivationCircuit circuit,
                fit::expand(rebuild.target(), rebuild.now(node.operands[0]), channels, node.name));
    rebuild.replace(ValueId(i), circuit.value);
    result.activations.push_back(describe(node.name, fit, circuit));
    result.activations.back().input = node.operands[0];
  }
  result.graph = rebuild.finish();
  return {};
}

void write_notes(const FittedNetwork& network, const FitOptions& options, Notes& notes) {
  for (const FittedActivation& a : network.activations) {
    notes.push_back(
        fmt::format("activation '{}' is a polynomial of degree {} per channel: depth {}, {} product{}, input {:.3g} to "
                    "{:.3g}, rms error {:.2g}, loses up to {:.0f} bits",
                    a.name, a.degree, a.depth, a.products, a.products == 1 ? "" : "s", a.low, a.high, a.rms_error,
                    std::ceil(a.bits_lost)));
  }
  notes.push_back(fmt::format(
      "polynomials change the label of {:.2f} % of {} calibration inputs that they are not fitted on, of {:.2f} % by "
      "an estimate from all pairs of them; the scores are off by {:.2g} of their standard deviation (rms)",
      100.0 * network.flip_share, network.measured_inputs, 100.0 * network.flip_estimate, network.score_error));
  if (!network.goal_met) {
    notes.push_back(
        fmt::format("the goal of {:.2f} % is missed: allow higher degrees, calibrate with more inputs, or "
                    "train the network with polynomial activations",
                    100.0 * options.most_flips));
  }
}

}  // namespace

base::Result<FittedNetwork> fit_network(const graph::Graph& graph, std::span<const std::vector<double>> calibration,
                                        const FitOptions& options) {
  const auto first = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                  [](const graph::Node& node) { return detail::needs_circuit(node.op); });
  if (first == graph.nodes.end()) return FittedNetwork{graph};
  OBSCURA_TRY_VOID(check_inputs(graph, calibration, first->name));
  OBSCURA_TRY(const auto ladder, ladder_of(options));
  OBSCURA_TRY(const detail::Chosen chosen, detail::choose_degrees(graph, calibration, ladder, options));
  FittedNetwork result;
  result.measured_inputs = chosen.measured.inputs;
  result.flip_share = static_cast<double>(chosen.measured.flips) / static_cast<double>(chosen.measured.inputs);
  result.flip_estimate = chosen.measured.flip_estimate();
  result.score_error = chosen.measured.score_error;
  result.goal_met = chosen.goal_met;
  detail::FittingWalk all(graph, graph::Batch(calibration), calibration.size(), options.weights);
  all.finish(chosen.degrees);
  OBSCURA_TRY_VOID(replace(graph, all.fits(), result));
  return result;
}

base::Result<graph::Graph> fit_activations(graph::Graph graph, const PassContext& context, Notes& notes) {
  OBSCURA_TRY(FittedNetwork network, fit_network(graph, context.calibration, context.fit));
  if (!network.activations.empty()) write_notes(network, context.fit, notes);
  if (context.fitted != nullptr) *context.fitted = std::move(network.activations);
  return std::move(network.graph);
}

}  // namespace obscura::compiler::passes
