#pragma once

#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/mapped_gather.hpp"
#include "compiler/pack/mapped_linear.hpp"
#include "compiler/pack/tensor_layout.hpp"
#include "compiler/pack/vector_packing.hpp"

namespace obscura::compiler::pack {

/// Nothing to choose: inputs, and operators slot by slot.
struct AsIs {};

/// One way to compute a node. A new family is one more alternative here.
using NodeShape = std::variant<AsIs, VectorPacking, MappedShape, MappedGatherShape>;

struct NodePacking {
  NodeShape shape;
  std::vector<LayerOps> ops;  ///< per ciphertext of the result
  /// Where the real half of the result stands. Null for an input that only the layer behind it knows how to lay out.
  LayoutPtr output;
};

/// What a packing of a whole network is: one for every node, each fitting those before. [nodes]
struct NetworkPacking {
  std::vector<std::shared_ptr<const NodePacking>> nodes;
  double cost = 0;
};

/// Whether two packings of one network yield the same program.
[[nodiscard]] bool same_shapes(const NetworkPacking& a, const NetworkPacking& b);

/// One line for the report; empty when there is nothing to say.
[[nodiscard]] std::string describe(const NodePacking& packing);

/// Whether nothing but shifts stands between the node and the end of the network: then nobody reads the imaginary half
/// of its slots.
[[nodiscard]] bool ends_network(const graph::Graph& graph, graph::ValueId id);

/// Whether the packer takes the graph: one input first, then only Linear, Affine that shift without scaling, Square,
/// Multiply, Add and Bootstrap. Errors: kUnsupported naming the node and the pass that should have replaced it.
[[nodiscard]] base::Result<void> check_packable(const graph::Graph& graph);

}  // namespace obscura::compiler::pack
