#include "compiler/passes/match_polynomials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "compiler/passes/combine.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Coefficients;
using graph::ValueId;

// A value written as a polynomial of an earlier value. The degree follows from the operators, so that
// a coefficient which happens to be 0 changes nothing.
struct Form {
  ValueId base;
  std::vector<Coefficients> powers;  ///< [degree + 1], lowest first

  [[nodiscard]] std::size_t degree() const { return powers.size() - 1; }
};
using Forms = std::vector<Form>;  // latest base first

// Activations are a few operators long; a bound keeps long elementwise chains cheap.
constexpr std::size_t kMaxForms = 8;
// Higher ones lose their digits in powers of x.
constexpr std::size_t kMaxMatchedDegree = 16;

Coefficients sum(const Coefficients& x, const Coefficients& y) {
  return combine(x, y, std::plus<>());
}
Coefficients product(const Coefficients& x, const Coefficients& y) {
  return combine(x, y, std::multiplies<>());
}

Form itself(ValueId id) {
  return {id, {{0.0}, {1.0}}};
}

Form add(const Form& f, const Form& g) {
  Form result = f.degree() >= g.degree() ? f : g;
  const Form& other = f.degree() >= g.degree() ? g : f;
  for (std::size_t i = 0; i < other.powers.size(); ++i) result.powers[i] = sum(result.powers[i], other.powers[i]);
  return result;
}

Form multiply(const Form& f, const Form& g) {
  Form result{f.base, std::vector<Coefficients>(f.degree() + g.degree() + 1, Coefficients{0.0})};
  for (std::size_t i = 0; i < f.powers.size(); ++i) {
    for (std::size_t j = 0; j < g.powers.size(); ++j) {
      result.powers[i + j] = sum(result.powers[i + j], product(f.powers[i], g.powers[j]));
    }
  }
  return result;
}

// outer(f) by Horner's rule.
Form compose(const std::vector<Coefficients>& outer, const Form& f) {
  Form result{f.base, {outer.back()}};
  for (std::size_t i = outer.size() - 1; i-- > 0;) {
    result = multiply(result, f);
    result.powers[0] = sum(result.powers[0], outer[i]);
  }
  return result;
}

// The operator as a polynomial of its operand; empty when it is none.
std::vector<Coefficients> as_polynomial(const graph::Op& op) {
  if (const auto* affine = std::get_if<graph::Affine>(&op)) return {affine->shift, affine->scale};
  if (std::holds_alternative<graph::Square>(op)) return {{0.0}, {0.0}, {1.0}};
  if (const auto* quadratic = std::get_if<graph::Quadratic>(&op)) return {quadratic->c, quadratic->b, quadratic->a};
  if (const auto* polynomial = std::get_if<graph::Polynomial>(&op)) return polynomial->coefficients;
  return {};
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
  if (std::holds_alternative<graph::Multiply>(node.op)) {
    return join(of(0), of(1), [](const Form& l, const Form& r, Forms& out) {
      if (l.degree() + r.degree() <= kMaxMatchedDegree) out.push_back(multiply(l, r));
    });
  }
  if (std::holds_alternative<graph::Add>(node.op)) {
    return join(of(0), of(1), [](const Form& l, const Form& r, Forms& out) { out.push_back(add(l, r)); });
  }
  Forms result;
  const auto outer = as_polynomial(node.op);
  if (outer.empty()) return result;
  for (const Form& form : of(0)) {
    if ((outer.size() - 1) * form.degree() <= kMaxMatchedDegree) result.push_back(compose(outer, form));
  }
  return result;
}

graph::Op as_op(Form form) {
  auto& powers = form.powers;
  if (form.degree() == 1) return graph::Affine{std::move(powers[1]), std::move(powers[0])};
  if (form.degree() == 2) return graph::Quadratic{std::move(powers[2]), std::move(powers[1]), std::move(powers[0])};
  return graph::Polynomial{std::move(powers)};
}

base::Result<void> rewrite(Rebuild& rebuild, ValueId id, Form form, Notes& notes) {
  const graph::Node& node = rebuild.old().node(id);
  const std::string name = node.name;
  const ValueId base = form.base;
  graph::Op op = as_op(std::move(form));
  notes.push_back(fmt::format("{} '{}' is {} of '{}'", graph::op_name(node.op), name, graph::op_name(op),
                              rebuild.old().node(base).name));
  OBSCURA_TRY(const ValueId fresh, rebuild.emit(std::move(op), {rebuild.now(base)}, name));
  rebuild.replace(id, fresh);
  return {};
}

}  // namespace

base::Result<graph::Graph> match_polynomials(graph::Graph graph, Notes& notes) {
  Rebuild rebuild(std::move(graph));
  std::vector<Forms> forms;
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    const graph::Node& node = rebuild.old().nodes[i];
    Forms derived = derive(node, forms);
    const bool joins = std::holds_alternative<graph::Add>(node.op) || std::holds_alternative<graph::Multiply>(node.op);
    if (joins && !derived.empty() && derived.front().degree() > 0) {
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
