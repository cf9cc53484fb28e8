#include "compiler/passes/match_activations.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <unordered_map>

#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Activation;
using graph::ActivationKind;
using graph::Coefficients;
using graph::Graph;
using graph::ValueId;

constexpr double kTolerance = 1e-6;

bool near(double x, double expected) {
  return std::abs(x - expected) <= kTolerance * std::abs(expected);
}

bool near(const Coefficients& x, double expected) {
  return x.size() == 1 && near(x[0], expected);
}

// scale * operand + shift with one scale and one shift for all elements.
struct Line {
  ValueId operand;
  double scale;
  double shift;
};

std::optional<Line> line_of(const Graph& graph, ValueId id) {
  const auto* affine = std::get_if<graph::Affine>(&graph.node(id).op);
  if (affine == nullptr || affine->scale.size() != 1 || affine->shift.size() != 1) return std::nullopt;
  return Line{graph.node(id).operands[0], affine->scale[0], affine->shift[0]};
}

const Activation* activation_of(const Graph& graph, ValueId id) {
  return std::get_if<Activation>(&graph.node(id).op);
}

// A value that makes factor * kind(base) when it is multiplied by base.
struct Gate {
  ActivationKind kind;
  ValueId base;
  double factor;
};

// The base of sqrt(2/pi) (x + 0.044715 x^3), perhaps with a factor behind.
std::optional<ValueId> tanh_argument(const Graph& graph, ValueId id) {
  double factor = 1.0;
  if (const auto line = line_of(graph, id); line && line->shift == 0.0) {
    factor = line->scale;
    id = line->operand;
  }
  const auto* cubic = std::get_if<graph::Polynomial>(&graph.node(id).op);
  if (cubic == nullptr || cubic->coefficients.size() != 4 || factor == 0.0) return std::nullopt;
  const auto& powers = cubic->coefficients;
  const double slope = std::sqrt(2.0 * std::numbers::inv_pi) / factor;
  const bool is_it =
      near(powers[0], 0.0) && near(powers[1], slope) && near(powers[2], 0.0) && near(powers[3], 0.044715 * slope);
  if (!is_it) return std::nullopt;
  return graph.node(id).operands[0];
}

// s (1 + f(...)) for the f of either Gelu.
std::optional<Gate> gelu_gate(const Graph& graph, const Line& line) {
  const Activation* activation = activation_of(graph, line.operand);
  if (activation == nullptr || line.scale == 0.0 || !near(line.shift, line.scale)) return std::nullopt;
  const ValueId argument = graph.node(line.operand).operands[0];
  if (activation->kind == ActivationKind::kErf) {
    const auto inner = line_of(graph, argument);
    if (!inner || inner->shift != 0.0 || !near(inner->scale, 1.0 / std::numbers::sqrt2)) return std::nullopt;
    return Gate{ActivationKind::kGelu, inner->operand, 2.0 * line.scale};
  }
  if (activation->kind != ActivationKind::kTanh) return std::nullopt;
  const auto base = tanh_argument(graph, argument);
  if (!base) return std::nullopt;
  return Gate{ActivationKind::kGeluTanh, *base, 2.0 * line.scale};
}

// Sigmoid(x), HardSigmoid(x), Clip(x + 3, 0, 6).
std::optional<Gate> plain_gate(const Graph& graph, ValueId id) {
  const Activation* activation = activation_of(graph, id);
  if (activation == nullptr) return std::nullopt;
  const ValueId operand = graph.node(id).operands[0];
  if (activation->kind == ActivationKind::kSigmoid) return Gate{ActivationKind::kSilu, operand, 1.0};
  if (activation->kind == ActivationKind::kHardSigmoid && near(activation->a, 1.0 / 6.0) && near(activation->b, 0.5)) {
    return Gate{ActivationKind::kHardSwish, operand, 1.0};
  }
  const auto line = line_of(graph, operand);
  if (activation->kind == ActivationKind::kClip && activation->a == 0.0 && near(activation->b, 6.0) && line &&
      near(line->scale, 1.0) && near(line->shift, 3.0)) {
    return Gate{ActivationKind::kHardSwish, line->operand, 6.0};
  }
  return std::nullopt;
}

// A gate, perhaps with factors behind it.
std::optional<Gate> gate_of(const Graph& graph, ValueId id) {
  double factor = 1.0;
  while (true) {
    auto gate = plain_gate(graph, id);
    const auto line = line_of(graph, id);
    if (!gate && line) gate = gelu_gate(graph, *line);
    if (gate) {
      gate->factor *= factor;
      return gate;
    }
    if (!line || line->shift != 0.0) return std::nullopt;
    factor *= line->scale;
    id = line->operand;
  }
}

// The product as factor * kind(base), when one of the two is a gate for the other.
std::optional<Gate> match(const Graph& graph, const std::array<ValueId, 2>& ids) {
  for (std::size_t i = 0; i < 2; ++i) {
    auto gate = gate_of(graph, ids[i]);
    if (!gate) continue;
    ValueId id = ids[1 - i];
    while (id != gate->base) {
      const auto line = line_of(graph, id);
      if (!line || line->shift != 0.0) break;
      gate->factor *= line->scale;
      id = line->operand;
    }
    if (id == gate->base) return gate;
  }
  return std::nullopt;
}

// Values of the old graph that became factor * an activation of the new one.
struct Scaled {
  ValueId activation;
  double factor;
};

class Matcher {
 public:
  Matcher(Graph graph, Notes& notes) : rebuild_(std::move(graph)), notes_(notes) {}

  base::Result<Graph> run() {
    for (std::size_t i = 0; i < rebuild_.old().nodes.size(); ++i) OBSCURA_TRY_VOID(handle(ValueId(i)));
    return rebuild_.finish();
  }

 private:
  base::Result<void> handle(ValueId id) {
    const graph::Node& node = rebuild_.old().node(id);
    if (std::holds_alternative<graph::Multiply>(node.op)) {
      const std::array<ValueId, 2> operands{rebuild_.now(node.operands[0]), rebuild_.now(node.operands[1])};
      if (const auto gate = match(rebuild_.made(), operands)) return activate(id, *gate);
    }
    const auto line = line_of(rebuild_.old(), id);
    if (line && line->shift == 0.0) {
      if (const auto scaled = scaled_.find(line->operand.value()); scaled != scaled_.end()) {
        return scale(id, {scaled->second.activation, scaled->second.factor * line->scale});
      }
    }
    return rebuild_.copy(id);
  }

  base::Result<void> activate(ValueId id, const Gate& gate) {
    const std::string name = rebuild_.old().node(id).name;
    OBSCURA_TRY(const ValueId fresh, rebuild_.emit(Activation{gate.kind}, {gate.base}, name));
    notes_.push_back(fmt::format("multiply '{}' is {} of '{}'", name, graph::activation_name(gate.kind),
                                 rebuild_.made().node(gate.base).name));
    return scale(id, {fresh, gate.factor});
  }

  // The old value is a factor times an activation; a factor of 1 vanishes.
  base::Result<void> scale(ValueId id, const Scaled& scaled) {
    scaled_.emplace(id.value(), scaled);
    ValueId fresh = scaled.activation;
    if (!near(scaled.factor, 1.0)) {
      const std::string name = rebuild_.old().node(id).name;
      OBSCURA_TRY(fresh, rebuild_.emit(graph::Affine{{scaled.factor}, {0.0}}, {fresh}, name));
    }
    rebuild_.replace(id, fresh);
    return {};
  }

  Rebuild rebuild_;
  Notes& notes_;
  std::unordered_map<std::size_t, Scaled> scaled_;
};

}  // namespace

base::Result<Graph> match_activations(Graph graph, Notes& notes) {
  return Matcher(std::move(graph), notes).run();
}

}  // namespace obscura::compiler::passes
