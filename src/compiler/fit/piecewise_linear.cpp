#include "compiler/fit/piecewise_linear.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "compiler/fit/paterson_stockmeyer.hpp"

namespace obscura::compiler::fit {
namespace {

using graph::Activation;
using graph::ActivationKind;
using graph::Coefficients;
using graph::Graph;
using graph::ValueId;

// factor * (x held within [low, high]) + offset. Infinite bounds have no kink.
PiecewiseLinear clip(double low, double high, double factor, double offset) {
  PiecewiseLinear result;
  double slope = 1.0;
  result.offset = offset;
  if (std::isfinite(low)) {
    slope -= 0.5;
    result.offset += 0.5 * factor * low;
    result.kinks.push_back({low, {0.5 * factor}});
  }
  if (std::isfinite(high)) {
    slope -= 0.5;
    result.offset += 0.5 * factor * high;
    result.kinks.push_back({high, {-0.5 * factor}});
  }
  result.slope = {slope * factor};
  return result;
}

PiecewiseLinear leaky(const Coefficients& slopes) {
  PiecewiseLinear result;
  result.slope.clear();
  Kink kink;
  for (const double s : slopes) {
    result.slope.push_back(0.5 * (1.0 + s));
    kink.bend.push_back(0.5 * (1.0 - s));
  }
  result.kinks.push_back(std::move(kink));
  return result;
}

// factor * clip so that factor x + shift is held within [0, 1].
PiecewiseLinear unit_ramp(double factor, double shift) {
  const double zero = -shift / factor;
  const double one = (1.0 - shift) / factor;
  return clip(std::min(zero, one), std::max(zero, one), factor, shift);
}

double pick(const Coefficients& c, std::size_t channel) {
  return c[c.size() == 1 ? 0 : channel];
}

base::Result<ValueId> affine(Graph& graph, ValueId x, Coefficients scale, Coefficients shift, const std::string& name) {
  return graph::append(graph, graph::Affine{std::move(scale), std::move(shift)}, {x}, name);
}

// bend |x - at| as (bend x - bend at) sign((x - at) / reach).
base::Result<ValueId> append_kink(Graph& graph, ValueId x, const Kink& kink, std::span<const Interval> ranges,
                                  const CompositeSign& sign, const std::string& name) {
  Coefficients scale;
  Coefficients shift;
  for (const Interval& range : ranges) {
    const double reach = std::max(std::abs(range.low - kink.at), std::abs(range.high - kink.at));
    scale.push_back(1.0 / reach);
    shift.push_back(-kink.at / reach);
  }
  Coefficients bent;
  for (const double bend : kink.bend) bent.push_back(-bend * kink.at);
  OBSCURA_TRY(const ValueId t, affine(graph, x, std::move(scale), std::move(shift), name));
  OBSCURA_TRY(const ValueId side, append_sign(graph, t, sign, name));
  OBSCURA_TRY(const ValueId line, affine(graph, x, kink.bend, std::move(bent), name));
  return graph::append(graph, graph::Multiply{}, {line, side}, name);
}

}  // namespace

std::optional<PiecewiseLinear> piecewise_linear(const Activation& activation) {
  const double infinity = std::numeric_limits<double>::infinity();
  switch (activation.kind) {
    case ActivationKind::kRelu:
      return clip(0.0, infinity, 1.0, 0.0);
    case ActivationKind::kLeakyRelu:
      return leaky(activation.slopes);
    case ActivationKind::kClip:
      return clip(activation.a, activation.b, 1.0, 0.0);
    case ActivationKind::kHardSigmoid:
      if (activation.a == 0.0) return std::nullopt;
      return unit_ramp(activation.a, activation.b);
    case ActivationKind::kHardSwish: {
      PiecewiseLinear result = unit_ramp(1.0 / 6.0, 0.5);
      result.times_x = true;
      return result;
    }
    default:
      return std::nullopt;
  }
}

double evaluate(const PiecewiseLinear& function, std::size_t channel, double x) {
  double sum = pick(function.slope, channel) * x + function.offset;
  for (const Kink& kink : function.kinks) sum += pick(kink.bend, channel) * std::abs(x - kink.at);
  return function.times_x ? x * sum : sum;
}

base::Result<ValueId> append_sign(Graph& graph, ValueId t, const CompositeSign& sign, const std::string& name) {
  for (const Series& stage : sign.stages) {
    std::vector<Coefficients> series;
    for (const double c : stage) series.push_back({c});
    OBSCURA_TRY(t, append_chebyshev(graph, t, std::move(series), Parity::kOdd, name));
  }
  return t;
}

base::Result<ValueId> append_piecewise_linear(Graph& graph, ValueId x, const PiecewiseLinear& function,
                                              std::span<const Interval> ranges, const CompositeSign& sign,
                                              const std::string& name) {
  OBSCURA_CHECK(!ranges.empty(), "there is no range");
  OBSCURA_TRY(ValueId sum, affine(graph, x, function.slope, {function.offset}, name));
  for (const Kink& kink : function.kinks) {
    OBSCURA_TRY(const ValueId bent, append_kink(graph, x, kink, ranges, sign, name));
    OBSCURA_TRY(sum, graph::append(graph, graph::Add{}, {bent, sum}, name));
  }
  if (!function.times_x) return sum;
  return graph::append(graph, graph::Multiply{}, {sum, x}, name);
}

base::Result<ValueId> append_maximum(Graph& graph, ValueId a, ValueId b, double reach, const CompositeSign& sign,
                                     const std::string& name) {
  OBSCURA_CHECK(reach > 0.0, "the reach is not above 0");
  OBSCURA_TRY(const ValueId negative, affine(graph, b, {-1.0}, {0.0}, name));
  OBSCURA_TRY(const ValueId difference, graph::append(graph, graph::Add{}, {a, negative}, name));
  const Interval range{-reach, reach};
  OBSCURA_TRY(const ValueId apart, append_kink(graph, difference, {0.0, {0.5}}, std::span(&range, 1), sign, name));
  OBSCURA_TRY(const ValueId sum, graph::append(graph, graph::Add{}, {a, b}, name));
  OBSCURA_TRY(const ValueId mean, affine(graph, sum, {0.5}, {0.0}, name));
  return graph::append(graph, graph::Add{}, {apart, mean}, name);
}

}  // namespace obscura::compiler::fit
