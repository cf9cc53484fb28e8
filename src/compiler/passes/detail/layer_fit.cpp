#include "compiler/passes/detail/layer_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace obscura::compiler::passes::detail {
namespace {

using graph::Batch;

constexpr std::size_t kMostSamples = 32768;
// Of the widest channel of the layer: narrower ones are fitted over that width.
constexpr double kLeastWidth = 1e-3;
// What an exact polynomial may lose before its leading coefficient is touched.
constexpr double kExactBitsLost = 20.0;

std::size_t unit_count(const graph::Node& node) {
  const auto elements = static_cast<std::size_t>(graph::element_count(node.shape));
  const auto channels = static_cast<std::size_t>(graph::channel_count(node.shape));
  const auto finer = [&](const graph::Coefficients& c) { return c.size() > channels; };
  if (const auto* activation = std::get_if<graph::Activation>(&node.op)) {
    return finer(activation->slopes) ? elements : channels;
  }
  const auto& coefficients = std::get<graph::Polynomial>(node.op).coefficients;
  return std::any_of(coefficients.begin(), coefficients.end(), finer) ? elements : channels;
}

// The function of channel (or element) `unit` of `units`.
fit::Function function_of(const graph::Node& node, std::size_t unit, std::size_t units) {
  if (const auto* activation = std::get_if<graph::Activation>(&node.op)) {
    return [activation, unit](double x) { return graph::apply(*activation, unit, x); };
  }
  const auto& polynomial = std::get<graph::Polynomial>(node.op);
  fit::Series powers;
  for (const graph::Coefficients& c : polynomial.coefficients) powers.push_back(c[unit * c.size() / units]);
  return [powers](double x) {
    double sum = 0.0;
    for (std::size_t k = powers.size(); k-- > 0;) sum = sum * x + powers[k];
    return sum;
  };
}

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  // Polynomials that blow up on some input may leave values that are no numbers.
  void include(double x) {
    if (!std::isfinite(x)) return;
    low = std::min(low, x);
    high = std::max(high, x);
  }
};

std::vector<Extent> extents(const Batch& x, std::size_t samples, std::size_t units) {
  std::vector<Extent> result(units);
  const std::size_t run = x.elements() / units;
  for (std::size_t b = 0; b * Batch::kLanes < samples; ++b) {
    const std::size_t lanes = std::min(Batch::kLanes, samples - b * Batch::kLanes);
    const auto block = x.block(b);
    for (std::size_t e = 0; e < x.elements(); ++e) {
      for (std::size_t l = 0; l < lanes; ++l) result[e / run].include(block[e * Batch::kLanes + l]);
    }
  }
  for (Extent& extent : result) {
    if (extent.low > extent.high) extent = {0.0, 0.0};
  }
  return result;
}

// Some of a channel's values; multiples of the golden ratio spread over places and samples alike.
std::vector<double> some_values(const Batch& x, std::size_t samples, std::size_t first, std::size_t run) {
  const std::size_t all = run * samples;
  std::vector<double> result;
  for (std::size_t k = 0; k < std::min(all, kMostSamples); ++k) {
    std::size_t at = k;
    if (all > kMostSamples) {
      double whole = 0.0;
      at = static_cast<std::size_t>(std::modf(static_cast<double>(k) * 0.6180339887498949, &whole) *
                                    static_cast<double>(all));
    }
    const double value = x.at(first + at % run, at / run);
    if (std::isfinite(value)) result.push_back(value);
  }
  return result;
}

double least_half_width(const std::vector<Extent>& extents) {
  double widest = 0.0;
  double largest = 0.0;
  for (const Extent& extent : extents) {
    widest = std::max(widest, extent.high - extent.low);
    largest = std::max({largest, std::abs(extent.low), std::abs(extent.high)});
  }
  if (widest > 0.0) return std::max(kLeastWidth * widest, 1e-9 * largest);
  return largest > 0.0 ? 0.1 * largest : 1.0;
}

}  // namespace

bool needs_circuit(const graph::Op& op) {
  return std::holds_alternative<graph::Activation>(op) || std::holds_alternative<graph::Polynomial>(op);
}

std::size_t exact_degree(const graph::Op& op) {
  const auto* polynomial = std::get_if<graph::Polynomial>(&op);
  return polynomial == nullptr ? 0 : std::max<std::size_t>(polynomial->coefficients.size() - 1, 2);
}

LayerFit fit_layer(const graph::Graph& graph, graph::ValueId id, const Batch& x, std::size_t samples,
                   std::size_t degree, const fit::FitWeights& weights) {
  const graph::Node& node = graph.node(id);
  const std::size_t units = unit_count(node);
  const std::size_t run = x.elements() / units;
  const auto found = extents(x, samples, units);
  const double least = least_half_width(found);
  fit::FitWeights layer_weights = weights;
  if (exact_degree(node.op) != 0) layer_weights.most_bits_lost = kExactBitsLost;
  const double margin = fit::margin_of(weights, degree);
  LayerFit result{degree, {}, found[0].low, found[0].high};
  for (std::size_t u = 0; u < units; ++u) {
    const auto values = some_values(x, samples, u * run, run);
    const fit::Interval range = fit::widen(found[u].low, found[u].high, margin, least);
    result.channels.push_back(fit::fit_channel(values, range, function_of(node, u, units), degree, layer_weights));
    result.low = std::min(result.low, found[u].low);
    result.high = std::max(result.high, found[u].high);
  }
  return result;
}

Batch apply(const LayerFit& fit, const Batch& x) {
  Batch result(x.elements(), x.samples());
  const std::size_t run = x.elements() / fit.channels.size();
  for (std::size_t b = 0; b < x.blocks(); ++b) {
    const auto from = x.block(b);
    const auto to = result.block(b);
    for (std::size_t u = 0; u < fit.channels.size(); ++u) {
      const fit::ChannelFit& channel = fit.channels[u];
      for (std::size_t i = u * run * Batch::kLanes; i < (u + 1) * run * Batch::kLanes; ++i) {
        to[i] = fit::evaluate_chebyshev(channel.series, channel.range.to_unit(from[i]));
      }
    }
  }
  return result;
}

}  // namespace obscura::compiler::passes::detail
