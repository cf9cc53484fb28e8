#include "compiler/passes/complete_square.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/passes/combine.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Coefficients;
using graph::ValueId;

struct Completed {
  graph::Affine before;
  graph::Affine after;
  double largest_shift;  // of |b / 2a|
};

bool all_finite(const Coefficients& coefficients) {
  return std::all_of(coefficients.begin(), coefficients.end(), [](double x) { return std::isfinite(x); });
}

base::Result<Completed> complete(const graph::Quadratic& op, const std::string& name) {
  if (std::any_of(op.a.begin(), op.a.end(), [](double a) { return a == 0.0; })) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("activation '{}': the factor of x^2 is 0 in some channel", name),
                      "use an activation whose x^2 has a factor other than 0 in every channel");
  }
  const Coefficients half = combine(op.b, op.a, [](double b, double a) { return b / (2.0 * a); });
  Completed result{};
  Coefficients root = op.a;
  for (double& a : root) a = std::sqrt(std::abs(a));
  result.before.shift = combine(root, half, [](double r, double h) { return r * h; });
  result.before.scale = std::move(root);
  result.after.scale = op.a;
  for (double& a : result.after.scale) a = a < 0.0 ? -1.0 : 1.0;
  const Coefficients square = combine(op.b, half, [](double b, double h) { return b * h / 2.0; });
  result.after.shift = combine(op.c, square, [](double c, double s) { return c - s; });
  if (!all_finite(result.before.shift) || !all_finite(result.after.shift)) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("activation '{}': completing the square overflows", name),
                      "the factor of x^2 is too small beside that of x; train with a larger one");
  }
  for (const double h : half) result.largest_shift = std::max(result.largest_shift, std::abs(h));
  return result;
}

base::Result<void> rewrite(Rebuild& rebuild, ValueId id, Notes& notes) {
  const graph::Node& node = rebuild.old().node(id);
  const std::string name = node.name;
  OBSCURA_TRY(Completed parts, complete(std::get<graph::Quadratic>(node.op), name));
  const double bits = 2.0 * std::log2(std::max(parts.largest_shift, 1.0));
  notes.push_back(
      fmt::format("activation '{}' is one square; the cancellation costs up to {:.0f} bits", name, std::ceil(bits)));
  OBSCURA_TRY(const ValueId before, rebuild.emit(std::move(parts.before), {rebuild.now(node.operands[0])}, name));
  OBSCURA_TRY(const ValueId square, rebuild.emit(graph::Square{}, {before}, name));
  OBSCURA_TRY(const ValueId after, rebuild.emit(std::move(parts.after), {square}, name));
  rebuild.replace(id, after);
  return {};
}

}  // namespace

base::Result<graph::Graph> complete_square(graph::Graph graph, Notes& notes) {
  Rebuild rebuild(std::move(graph));
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    if (std::holds_alternative<graph::Quadratic>(rebuild.old().nodes[i].op)) {
      OBSCURA_TRY_VOID(rewrite(rebuild, ValueId(i), notes));
    } else {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
    }
  }
  return rebuild.finish();
}

}  // namespace obscura::compiler::passes
