#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "compiler/place/levels.hpp"

namespace obscura::compiler::compile {

/// Rescalings that the node's own operation takes: one for a matrix or a product, none for shifts and additions.
[[nodiscard]] int depth_of(const graph::Node& node);

/// Whether a node makes an output by additions alone, without any product after it. [nodes]
[[nodiscard]] std::vector<bool> at_end(const graph::Graph& graph);

/// The level at which each node works, lowest possible, for a network that ends as said; what place::assign_levels
/// will give its instructions. [nodes]
[[nodiscard]] std::vector<int> node_levels(const graph::Graph& graph, place::Ending ending);

/// The level from which the inputs start.
[[nodiscard]] int top_level(const graph::Graph& graph, place::Ending ending);

/// Whether the network ends in matrices that nothing else reads (place::can_end_unrescaled).
[[nodiscard]] bool ends_in_matrices(const graph::Graph& graph);

/// "conv1 1, relu1 2, ...": the layers on a longest path that take levels, and how many each.
[[nodiscard]] std::string longest_path(const graph::Graph& graph);

}  // namespace obscura::compiler::compile
