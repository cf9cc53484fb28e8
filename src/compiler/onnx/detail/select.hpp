#pragma once

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// Moves whole slices: coordinate i of the result along dimension d of a sample is coordinate
/// positions[d][i] of x, or zeros where that is graph::Select::kNone. Returns x itself when nothing
/// moves. Errors: kUnsupported when nothing is left, kLimit.
[[nodiscard]] base::Result<graph::ValueId> take_positions(Node& node, graph::ValueId x,
                                                          const std::vector<Dims>& positions);

/// kLimit, naming the node, when a result of this shape would be too large; before anything as large is made.
[[nodiscard]] base::Result<void> check_size(Node& node, const graph::Shape& shape);

/// All positions of every dimension: what take_positions changes nothing with. [rank][extent]
[[nodiscard]] std::vector<Dims> all_positions(const graph::Shape& shape);

/// 0, 1, ..., count - 1.
[[nodiscard]] Dims ascending(std::int64_t count);

}  // namespace obscura::compiler::onnx_import
