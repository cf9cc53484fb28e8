#include "compiler/passes/balance_scales.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "compiler/passes/combine.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Coefficients;
using graph::Graph;
using graph::Node;
using graph::ValueId;

constexpr double kLeastFactor = 0x1p-8;
constexpr double kRounding = 1e-12;

template <class T>
bool is(const Node& node) {
  return std::holds_alternative<T>(node.op);
}

// Takes factors on both sides: every linear operator but those that this pass is about.
bool is_free(const Node& node) {
  return graph::is_linear(node.op) && !is<graph::Affine>(node);
}

Coefficients product(const Coefficients& a, const Coefficients& b) {
  return combine(a, b, std::multiplies<>());
}
Coefficients ratio(const Coefficients& a, const Coefficients& b) {
  return combine(a, b, std::divides<>());
}

bool all_one(const Coefficients& factors) {
  return std::all_of(factors.begin(), factors.end(), [](double f) { return std::abs(f - 1.0) < kRounding; });
}

// Whether no channel's factor is 0 or so small beside others that its values would drown in noise.
bool are_even(const Coefficients& factors) {
  const auto [least, most] =
      std::minmax_element(factors.begin(), factors.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  return std::abs(*least) > kLeastFactor * std::abs(*most);
}

/// Factors for every value of a graph.
class Factors {
 public:
  explicit Factors(const Graph& graph)
      : graph_(graph), readers_(graph.nodes.size()), factor_(graph.nodes.size(), {1.0}) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const ValueId operand : graph.nodes[i].operands) readers_[operand.value()].push_back(i);
    }
    is_output_.resize(graph.nodes.size(), false);
    for (const ValueId output : graph.outputs) is_output_[output.value()] = true;
    for (std::size_t i = graph.nodes.size(); i-- > 1;) factor_[i] = decide(i);
  }

  [[nodiscard]] const Coefficients& of(ValueId id) const { return factor_[id.value()]; }

  /// Whether the node is an Affine that only linear layers read: it moves to them.
  [[nodiscard]] bool moves(ValueId id) const {
    return is<graph::Affine>(graph_.node(id)) && all_read(id, [](const Node& reader) { return is_free(reader); });
  }

  /// Whether it is one that keeps a scale which no layer takes, and that linear layers and sums read: each
  /// reader gets its own. Layers take theirs; the way around them, a skip, has levels to spare.
  [[nodiscard]] bool splits(ValueId id) const {
    const auto* affine = std::get_if<graph::Affine>(&graph_.node(id).op);
    if (affine == nullptr) return false;
    const ValueId operand = graph_.node(id).operands[0];
    if (is_free(graph_.node(operand)) && readers_[operand.value()].size() == 1) return false;
    const auto& readers = readers_[id.value()];
    const bool layer =
        std::any_of(readers.begin(), readers.end(), [&](std::size_t r) { return is_free(graph_.nodes[r]); });
    return layer && !all_one(ratio(product(of(id), affine->scale), of(operand))) &&
           all_read(id, [](const Node& reader) { return is_free(reader) || is<graph::Add>(reader); });
  }

  /// The factor with which `reader` wants its operands; none where it takes any.
  [[nodiscard]] std::optional<Coefficients> wanted(std::size_t reader) const {
    const Node& node = graph_.nodes[reader];
    if (is_free(node) || moves(ValueId(reader))) return std::nullopt;
    if (is<graph::Add>(node)) return factor_[reader];
    if (const auto* affine = std::get_if<graph::Affine>(&node.op)) return product(factor_[reader], affine->scale);
    if (!is<graph::Square>(node)) return Coefficients{1.0};
    const Coefficients root = combine(factor_[reader], {1.0}, [](double f, double) { return std::sqrt(f); });
    return product(root, source_sign(node.operands[0]).value_or(Coefficients{1.0}));
  }

 private:
  template <class Test>
  [[nodiscard]] bool all_read(ValueId id, Test test) const {
    const auto& readers = readers_[id.value()];
    return !is_output_[id.value()] && !readers.empty() &&
           std::all_of(readers.begin(), readers.end(), [&](std::size_t r) { return test(graph_.nodes[r]); });
  }

  [[nodiscard]] Coefficients decide(std::size_t i) const {
    const Node& node = graph_.nodes[i];
    const bool fixed = !graph::is_linear(node.op) && !is<graph::Add>(node) && !is<graph::Square>(node);
    if (fixed || is_output_[i]) return {1.0};
    // An Affine behind a layer of its own goes into it as it is.
    if (is_free(node) && readers_[i].size() == 1 && is<graph::Affine>(graph_.nodes[readers_[i][0]])) return {1.0};
    std::optional<Coefficients> chosen;
    for (const std::size_t reader : readers_[i]) {
      const bool add = is<graph::Add>(graph_.nodes[reader]);
      if (chosen && !add) continue;
      auto want = wanted(reader);
      if (!want) continue;
      chosen = std::move(want);
      if (add) break;
    }
    if (!chosen || !are_even(*chosen)) return {1.0};
    if (!is<graph::Square>(node)) return std::move(*chosen);
    for (double& f : *chosen) f = std::abs(f);
    return std::move(*chosen);
  }

  // The signs of the scale behind the Square that a value comes from through Adds and Affines, none where there is no
  // such Square. A Square takes its operand with either sign, and this one makes that scale's factor positive.
  [[nodiscard]] std::optional<Coefficients> source_sign(ValueId id) const {
    const Node& node = graph_.node(id);
    if (const auto* affine = std::get_if<graph::Affine>(&node.op)) {
      const Coefficients own = combine(affine->scale, {1.0}, [](double s, double) { return s < 0.0 ? -1.0 : 1.0; });
      if (is<graph::Square>(graph_.node(node.operands[0]))) return own;
      const auto before = source_sign(node.operands[0]);
      return before ? std::optional(product(own, *before)) : std::nullopt;
    }
    if (!is<graph::Add>(node)) return std::nullopt;
    for (const ValueId operand : node.operands) {
      if (auto sign = source_sign(operand)) return sign;
    }
    return std::nullopt;
  }

  const Graph& graph_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<bool> is_output_;
  std::vector<Coefficients> factor_;
};

/// Writes the graph with its factors.
class Balance {
 public:
  explicit Balance(const Graph& graph) : factors_(graph), rebuild_(graph) {}

  [[nodiscard]] base::Result<void> rewrite(ValueId id) {
    const Node& node = rebuild_.old().node(id);
    if (factors_.moves(id) || factors_.splits(id)) {
      if (!factors_.moves(id)) apart_.push_back(node.name);
      rebuild_.replace(id, rebuild_.now(node.operands[0]));
      return {};
    }
    if (const auto* affine = std::get_if<graph::Affine>(&node.op)) return rewrite_affine(id, *affine);
    std::vector<ValueId> operands;
    for (const ValueId operand : node.operands) {
      OBSCURA_TRY(const ValueId value,
                  read(operand, factors_.wanted(id.value()).value_or(Coefficients{1.0}), node.name));
      operands.push_back(value);
    }
    OBSCURA_TRY(ValueId fresh, rebuild_.emit(node.op, std::move(operands), node.name));
    const Coefficients& factor = factors_.of(id);
    if (is_free(node) && !all_one(factor)) {
      OBSCURA_TRY(fresh, rebuild_.emit(graph::Affine{factor, {0.0}}, {fresh}, node.name + " scale"));
    }
    rebuild_.replace(id, fresh);
    return {};
  }

  /// Affines whose scale is left on the way to a sum; how many others are left, coefficients of polynomials too.
  [[nodiscard]] const std::vector<std::string>& apart() const { return apart_; }
  [[nodiscard]] std::size_t remaining() const { return remaining_; }
  [[nodiscard]] Graph finish() { return rebuild_.finish(); }

 private:
  // f (s v + c) of the operand as it is kept.
  [[nodiscard]] base::Result<void> rewrite_affine(ValueId id, const graph::Affine& affine) {
    const Node& node = rebuild_.old().node(id);
    const ValueId operand = node.operands[0];
    graph::Affine result{ratio(product(factors_.of(id), affine.scale), factors_.of(operand)),
                         product(factors_.of(id), affine.shift)};
    if (all_one(result.scale)) result.scale = {1.0};
    if (!graph::only_shifts(result) && !is_free(rebuild_.old().node(operand))) ++remaining_;
    OBSCURA_TRY(const ValueId fresh, rebuild_.emit(std::move(result), {rebuild_.now(operand)}, node.name));
    rebuild_.replace(id, fresh);
    return {};
  }

  // A value with the factor that its reader wants: as it is, or through an Affine on the way.
  [[nodiscard]] base::Result<ValueId> read(ValueId id, const Coefficients& wanted, const std::string& name) {
    const Node& node = rebuild_.old().node(id);
    const auto* affine = std::get_if<graph::Affine>(&node.op);
    if (affine != nullptr && (factors_.moves(id) || factors_.splits(id))) {
      const Coefficients scale = ratio(product(wanted, affine->scale), factors_.of(node.operands[0]));
      graph::Affine moved{scale, product(wanted, affine->shift)};
      if (all_one(moved.scale)) moved.scale = {1.0};
      return rebuild_.emit(std::move(moved), {rebuild_.now(id)}, node.name);
    }
    const Coefficients factor = ratio(wanted, factors_.of(id));
    if (all_one(factor)) return rebuild_.now(id);
    return rebuild_.emit(graph::Affine{factor, {0.0}}, {rebuild_.now(id)}, name + " scale");
  }

  Factors factors_;
  Rebuild rebuild_;
  std::vector<std::string> apart_;
  std::size_t remaining_ = 0;
};

}  // namespace

base::Result<Graph> balance_scales(Graph graph, Notes& notes) {
  Balance balance(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) OBSCURA_TRY_VOID(balance.rewrite(ValueId(i)));
  for (const std::string& name : balance.apart()) {
    notes.push_back(fmt::format("a scale per channel of '{}' stays on the way to a sum", name));
  }
  if (balance.remaining() > 0) {
    notes.push_back(fmt::format("{} scales per channel stand between products and sums; each costs a level there",
                                balance.remaining()));
  }
  return balance.finish();
}

}  // namespace obscura::compiler::passes
