#pragma once

#include <optional>

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// The axes of an operator on a tensor of `rank` dimensions (batch included): the attribute `axes`
/// before operator set `input_since`, then input 2. Negative ones count from the end. Returned
/// ascending, without repetition, in [0, rank). Empty when there are none. Errors: kCorrupt.
[[nodiscard]] base::Result<Dims> read_axes(Node& node, std::int64_t input_since, std::size_t rank);

/// One axis brought into [0, rank); kCorrupt when it is outside.
[[nodiscard]] base::Result<std::size_t> wrap_axis(Node& node, std::int64_t axis, std::size_t rank);

}  // namespace obscura::compiler::onnx_import
