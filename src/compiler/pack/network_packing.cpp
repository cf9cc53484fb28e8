#include "compiler/pack/network_packing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "plan/program/operation.hpp"

namespace obscura::compiler::pack {
namespace {

using plan::program::Match;

bool same(const MappedShape& a, const MappedShape& b) {
  return a.input == b.input && a.output == b.output && a.folded == b.folded && a.results == b.results;
}

bool same(const NodeShape& a, const NodeShape& b) {
  if (a.index() != b.index()) return false;
  return std::visit(Match{[](const AsIs&) { return true; },
                          [&](const VectorPacking& x) { return x.shape == std::get<VectorPacking>(b).shape; },
                          [&](const MappedShape& x) { return same(x, std::get<MappedShape>(b)); },
                          [&](const MappedGatherShape& x) {
                            const auto& y = std::get<MappedGatherShape>(b);
                            return x.output == y.output && x.parts == y.parts;
                          }},
                    a);
}

bool is_packable(const graph::Node& node) {
  if (const auto* affine = std::get_if<graph::Affine>(&node.op)) return graph::only_shifts(*affine);
  return std::holds_alternative<graph::Linear>(node.op) || std::holds_alternative<graph::Square>(node.op) ||
         std::holds_alternative<graph::Multiply>(node.op) || std::holds_alternative<graph::Add>(node.op) ||
         std::holds_alternative<graph::Bootstrap>(node.op);
}

struct Refusal {
  std::string why;
  std::string hint;
};

// Why an operator cannot be packed, and what to do about it.
Refusal refusal_of(const graph::Op& op) {
  if (std::holds_alternative<graph::MaxPool>(op)) {
    return {"takes the largest of several values, which ciphertexts cannot",
            "do not skip the pass approximate_maxpool, or use average pooling and train again"};
  }
  if (std::holds_alternative<graph::Softmax>(op) || std::holds_alternative<graph::ArgMax>(op)) {
    return {"is computed by the key holder and can only stand at the end of the network",
            "move it to the end, or leave it out and train again"};
  }
  if (std::holds_alternative<graph::Activation>(op)) {
    return {"is no polynomial, and ciphertexts can only be added and multiplied",
            "do not skip the pass fit_activations"};
  }
  if (std::holds_alternative<graph::Polynomial>(op)) {
    return {"has not been written out as products", "do not skip the pass fit_activations"};
  }
  if (std::holds_alternative<graph::Quadratic>(op)) {
    return {"has not been completed to a square", "do not skip the pass complete_square"};
  }
  if (std::holds_alternative<graph::Input>(op)) {
    return {"is a second input", "join the inputs into one before the network"};
  }
  return {"has not been multiplied out into a matrix", "do not skip the passes fold_affine and fuse_linear"};
}

}  // namespace

bool same_shapes(const NetworkPacking& a, const NetworkPacking& b) {
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const auto& x, const auto& y) { return x->output == y->output && same(x->shape, y->shape); });
}

std::string describe(const NodePacking& packing) {
  return std::visit(Match{[](const AsIs&) { return std::string(); }, [](const auto& shape) { return describe(shape); }},
                    packing.shape);
}

bool ends_network(const graph::Graph& graph, graph::ValueId id) {
  for (std::size_t i = id.value() + 1; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (std::find(node.operands.begin(), node.operands.end(), id) == node.operands.end()) continue;
    if (!std::holds_alternative<graph::Affine>(node.op) || !ends_network(graph, graph::ValueId(i))) return false;
  }
  return true;
}

base::Result<void> check_packable(const graph::Graph& graph) {
  for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (is_packable(node)) continue;
    const Refusal refusal = refusal_of(node.op);
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("node '{}' ({}) {}", node.name, graph::op_name(node.op), refusal.why), refusal.hint);
  }
  return {};
}

}  // namespace obscura::compiler::pack
