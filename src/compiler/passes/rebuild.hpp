#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace obscura::compiler::passes {

/// A graph being rewritten into a new one, node by node in order. A pass looks at each old node and
/// copies it, replaces it by new nodes, or lets it stand for a value that exists already.
class Rebuild {
 public:
  explicit Rebuild(graph::Graph old);

  /// Copied nodes have lost their constants: look at those in made().
  [[nodiscard]] const graph::Graph& old() const { return old_; }
  /// The new graph so far.
  [[nodiscard]] const graph::Graph& made() const { return fresh_; }
  /// Readers of each old value; outputs count.
  [[nodiscard]] std::size_t uses(graph::ValueId id) const { return uses_[id.value()]; }
  /// The new value that an old one became; only for old nodes already handled.
  [[nodiscard]] graph::ValueId now(graph::ValueId id) const { return now_[id.value()]; }
  /// A node of the new graph, to be changed in place.
  [[nodiscard]] graph::Node& fresh(graph::ValueId id) { return fresh_.nodes[id.value()]; }

  /// Moves the next old node over unchanged.
  [[nodiscard]] base::Result<void> copy(graph::ValueId id);
  /// Adds a new node that reads new values.
  [[nodiscard]] base::Result<graph::ValueId> emit(graph::Op op, std::vector<graph::ValueId> operands, std::string name);
  /// The new graph, for what appends several nodes at once.
  [[nodiscard]] graph::Graph& target() { return fresh_; }
  /// States which new value the old one became.
  void replace(graph::ValueId id, graph::ValueId by);

  /// The new graph, with the old outputs.
  [[nodiscard]] graph::Graph finish();

 private:
  graph::Graph old_;
  graph::Graph fresh_;
  std::vector<std::size_t> uses_;
  std::vector<graph::ValueId> now_;
};

}  // namespace obscura::compiler::passes
