#include "compiler/passes/match_quadratics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "compiler/passes/combine.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Coefficients;
using graph::ValueId;

// A value written as a x^2 + b x + c of an earlier value. The degree follows from the operators, so
// that a coefficient which happens to be 0 changes nothing.
struct Form {
  ValueId base;
  int degree;
  Coefficients a;
  Coefficients b;
  Coefficients c;
};
using Forms = std::vector<Form>;  // latest base first

// Activations are a few operators long; a bound keeps long elementwise chains cheap.
constexpr std::size_t kMaxForms = 8;

Coefficients sum(const Coefficients& x, const Coefficients& y) {
  return combine(x, y, std::plus<>());
}
Coefficients product(const Coefficients& x, const Coefficients& y) {
  return combine(x, y, std::multiplies<>());
}

Form itself(ValueId id) {
  return {id, 1, {0.0}, {1.0}, {0.0}};
}

Form add(const Form& f, const Form& g) {
  return {f.base, std::max(f.degree, g.degree), sum(f.a, g.a), sum(f.b, g.b), sum(f.c, g.c)};
}

Form multiply_lines(const Form& f, const Form& g) {
  return {f.base, 2, product(f.b, g.b), sum(product(f.b, g.c), product(f.c, g.b)), product(f.c, g.c)};
}

Form scale_and_shift(const Form& f, const graph::Affine& by) {
  return {f.base, f.degree, product(f.a, by.scale), product(f.b, by.scale), sum(product(f.c, by.scale), by.shift)};
}

// f o g for each pair of forms with one base.
template <class Join>
Forms join(const Forms& left, const Forms& right, Join f) {
  Forms result;
  for (const Form& l : left) {
    for (const Form& r : right) {
      if (l.base == r.base) f(l, r, result);
    }
  }
  return result;
}

// How the value of a node can be written in earlier values.
Forms derive(const graph::Node& node, const std::vector<Forms>& known) {
  const auto of = [&](std::size_t operand) -> const Forms& { return known[node.operands[operand].value()]; };
  const auto lines = [](const Form& l, const Form& r, Forms& out) {
    if (l.degree == 1 && r.degree == 1) out.push_back(multiply_lines(l, r));
  };
  if (const auto* affine = std::get_if<graph::Affine>(&node.op)) {
    Forms result;
    for (const Form& form : of(0)) result.push_back(scale_and_shift(form, *affine));
    return result;
  }
  if (std::holds_alternative<graph::Square>(node.op)) return join(of(0), of(0), lines);
  if (std::holds_alternative<graph::Multiply>(node.op)) return join(of(0), of(1), lines);
  if (std::holds_alternative<graph::Add>(node.op)) {
    return join(of(0), of(1), [](const Form& l, const Form& r, Forms& out) { out.push_back(add(l, r)); });
  }
  return {};
}

base::Result<void> rewrite(Rebuild& rebuild, ValueId id, Form form, Notes& notes) {
  const graph::Node& node = rebuild.old().node(id);
  const std::string name = node.name;
  graph::Op op = form.degree == 1
                     ? graph::Op(graph::Affine{std::move(form.b), std::move(form.c)})
                     : graph::Op(graph::Quadratic{std::move(form.a), std::move(form.b), std::move(form.c)});
  notes.push_back(fmt::format("{} '{}' is {} of '{}'", graph::op_name(node.op), name, graph::op_name(op),
                              rebuild.old().node(form.base).name));
  OBSCURA_TRY(const ValueId fresh, rebuild.emit(std::move(op), {rebuild.now(form.base)}, name));
  rebuild.replace(id, fresh);
  return {};
}

}  // namespace

base::Result<graph::Graph> match_quadratics(graph::Graph graph, Notes& notes) {
  Rebuild rebuild(std::move(graph));
  std::vector<Forms> forms;
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    const graph::Node& node = rebuild.old().nodes[i];
    Forms derived = derive(node, forms);
    const bool binary = graph::operand_count(node.op) == 2;
    if (binary && !derived.empty()) {
      OBSCURA_TRY_VOID(rewrite(rebuild, ValueId(i), derived.front(), notes));
    } else {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
    }
    derived.insert(derived.begin(), itself(ValueId(i)));
    if (derived.size() > kMaxForms) derived.resize(kMaxForms, itself(ValueId(i)));
    forms.push_back(std::move(derived));
  }
  return rebuild.finish();
}

}  // namespace obscura::compiler::passes
