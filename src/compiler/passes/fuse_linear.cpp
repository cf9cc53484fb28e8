#include "compiler/passes/fuse_linear.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "compiler/graph/linear_rows.hpp"
#include "compiler/passes/rebuild.hpp"
#include "compiler/passes/remove_unused.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Linear;
using graph::ValueId;

bool is_shift(const graph::Node& node) {
  const auto* affine = std::get_if<graph::Affine>(&node.op);
  return affine != nullptr &&
         std::all_of(affine->scale.begin(), affine->scale.end(), [](double scale) { return scale == 1.0; });
}

// Takes a shift in front of a matrix into its bias: A (x + s) + b = A x + (A s + b). The value without the shift.
ValueId take_shift(const graph::Node& shift, graph::SparseMatrix& matrix) {
  matrix.bias = graph::evaluate(matrix, graph::expand(std::get<graph::Affine>(shift.op).shift, shift.shape));
  return shift.operands[0];
}

/// The value of a Concat: a sum of Linears.
struct Join {
  std::vector<ValueId> terms;
  std::vector<ValueId> sums;  ///< the Adds, the last of which makes the value; empty for one term
};

class Fusion {
 public:
  Fusion(graph::Graph graph, Notes& notes) : rebuild_(std::move(graph)), notes_(notes) {}

  base::Result<graph::Graph> run() {
    for (std::size_t i = 0; i < rebuild_.old().nodes.size(); ++i) {
      const graph::Op& op = rebuild_.old().nodes[i].op;
      if (std::holds_alternative<graph::Concat>(op)) {
        OBSCURA_TRY_VOID(join(ValueId(i)));
      } else if (graph::is_linear(op)) {
        OBSCURA_TRY_VOID(fuse_or_emit(ValueId(i)));
      } else {
        OBSCURA_TRY_VOID(rebuild_.copy(ValueId(i)));
      }
    }
    return rebuild_.finish();
  }

 private:
  [[nodiscard]] Linear& linear(ValueId fresh) { return std::get<Linear>(rebuild_.fresh(fresh).op); }
  [[nodiscard]] bool is_matrix(ValueId fresh) { return std::holds_alternative<Linear>(rebuild_.fresh(fresh).op); }
  [[nodiscard]] bool has_one_reader(ValueId old) const { return rebuild_.uses(old) == 1; }

  // Multiplies a matrix onto a Linear of the new graph, which from then on makes the value of `outer`.
  base::Result<void> multiply_onto(ValueId into, const graph::SparseMatrix& matrix, const graph::Node& outer) {
    graph::Node& inner = rebuild_.fresh(into);
    const std::size_t before = matrix.entries() + linear(into).matrix.entries();
    OBSCURA_TRY(linear(into).matrix, graph::multiply(matrix, linear(into).matrix));
    notes_.push_back(fmt::format("'{}' and '{}' are one matrix: {} weights became {}, one level less", inner.name,
                                 outer.name, before, linear(into).matrix.entries()));
    return {};
  }

  void rename(ValueId into, const graph::Node& outer) {
    graph::Node& inner = rebuild_.fresh(into);
    linear(into).shape = outer.shape;
    inner.shape = outer.shape;
    inner.name += "+" + outer.name;
  }

  // Multiplies the old node's matrix onto every one of the Linears whose sum is its operand; its bias counts once.
  base::Result<void> fuse(ValueId id, std::vector<ValueId> terms) {
    const graph::Node& outer = rebuild_.old().node(id);
    if (!std::holds_alternative<graph::Reshape>(outer.op)) {
      OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(rebuild_.old(), id));
      for (const ValueId term : terms) {
        OBSCURA_TRY_VOID(multiply_onto(term, matrix, outer));
        matrix.bias.assign(matrix.rows, 0.0);
      }
    }
    for (const ValueId term : terms) rename(term, outer);
    return {};
  }

  base::Result<void> fuse_or_emit(ValueId id) {
    const graph::Node& node = rebuild_.old().node(id);
    const ValueId operand = rebuild_.now(node.operands[0]);
    if (has_one_reader(node.operands[0])) {
      if (is_matrix(operand)) {
        OBSCURA_TRY_VOID(fuse(id, {operand}));
        rebuild_.replace(id, operand);
        return {};
      }
      if (const auto join = joins_.find(operand); join != joins_.end()) return fuse_join(id, join->second);
    }
    if (is_shift(node)) return rebuild_.copy(id);  // takes no level as it is
    OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(rebuild_.old(), id));
    OBSCURA_TRY(const ValueId fresh, emit(id, 0, std::move(matrix), node.name));
    rebuild_.replace(id, fresh);
    return {};
  }

  base::Result<void> fuse_join(ValueId id, const Join& join) {
    const graph::Node& node = rebuild_.old().node(id);
    OBSCURA_TRY_VOID(fuse(id, join.terms));
    for (const ValueId sum : join.sums) {
      rebuild_.fresh(sum).shape = node.shape;
      rebuild_.fresh(sum).name += "+" + node.name;
    }
    rebuild_.replace(id, join.sums.back());
    return {};
  }

  // A new Linear on one operand of an old node, with a shift in front of it taken in.
  base::Result<ValueId> emit(ValueId id, std::size_t operand, graph::SparseMatrix matrix, std::string name) {
    const graph::Node& node = rebuild_.old().node(id);
    const ValueId old = node.operands[operand];
    ValueId from = rebuild_.now(old);
    if (has_one_reader(old) && is_shift(rebuild_.fresh(from))) from = take_shift(rebuild_.fresh(from), matrix);
    return rebuild_.emit(Linear{std::move(matrix), node.shape}, {from}, std::move(name));
  }

  // The Linears that put operand number `operand` of a Concat in its place.
  base::Result<std::vector<ValueId>> embed(ValueId id, std::size_t operand) {
    const graph::Node& node = rebuild_.old().node(id);
    const ValueId old = node.operands[operand];
    const ValueId fresh = rebuild_.now(old);
    OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(rebuild_.old(), id, operand));
    std::vector<ValueId> terms;
    if (has_one_reader(old) && is_matrix(fresh)) terms = {fresh};
    if (const auto inner = joins_.find(fresh); has_one_reader(old) && inner != joins_.end())
      terms = inner->second.terms;
    for (const ValueId term : terms) {
      OBSCURA_TRY_VOID(multiply_onto(term, matrix, node));
      rename(term, node);
    }
    if (!terms.empty()) return terms;
    OBSCURA_TRY(const ValueId term, emit(id, operand, std::move(matrix), fmt::format("{}.{}", node.name, operand)));
    return std::vector{term};
  }

  base::Result<void> join(ValueId id) {
    const graph::Node& node = rebuild_.old().node(id);
    std::map<ValueId, ValueId> term_of;  // value that is read -> its Linear
    Join joined;
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      OBSCURA_TRY(const auto terms, embed(id, i));
      for (const ValueId term : terms) {
        const auto [known, is_new] = term_of.emplace(rebuild_.fresh(term).operands.front(), term);
        if (is_new) {
          joined.terms.push_back(term);
          continue;
        }
        OBSCURA_TRY(linear(known->second).matrix, graph::add(linear(known->second).matrix, linear(term).matrix));
      }
    }
    return add_up(id, std::move(joined));
  }

  base::Result<void> add_up(ValueId id, Join joined) {
    const std::string& name = rebuild_.old().node(id).name;
    ValueId sum = joined.terms.front();
    for (std::size_t i = 1; i < joined.terms.size(); ++i) {
      OBSCURA_TRY(sum, rebuild_.emit(graph::Add{}, {sum, joined.terms[i]}, name));
      joined.sums.push_back(sum);
    }
    rebuild_.replace(id, sum);
    if (joined.terms.size() > 1) joins_.emplace(sum, std::move(joined));
    return {};
  }

  Rebuild rebuild_;
  Notes& notes_;
  std::map<ValueId, Join> joins_;  ///< by the value of the last Add
};

}  // namespace

base::Result<graph::Graph> fuse_linear(graph::Graph graph, Notes& notes) {
  OBSCURA_TRY(graph::Graph fused, Fusion(std::move(graph), notes).run());
  Notes ignored;  // what is left unused are shifts that a matrix took, and matrices that others took in
  return remove_unused(std::move(fused), ignored);
}

}  // namespace obscura::compiler::passes
