#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::onnx_import {

/// What a model file may ask for. Files come from outside and are held to these before any use.
struct ImportOptions {
  std::size_t max_file_bytes = std::size_t{512} << 20;
  std::size_t max_nodes = 10000;
  /// Numbers in all weights and constants together, after broadcasting, 8 bytes each.
  std::int64_t max_constants = std::int64_t{1} << 27;
  /// Whether MaxPool is read; later stages can only approximate it. Refused otherwise.
  bool approximate_maxpool = false;
};

/// Reads a serialised ONNX model with one input, operator sets 7 to 21, into a verified graph of one
/// sample: the first dimension of the input is the batch, which is either left open or 1. Whatever
/// mixes samples, depends on unknown sizes or is not in the list of operators is refused; Softmax,
/// LogSoftmax and ArgMax are read at the end of the model only (graph/final_ops.hpp). libonnx's
/// own checker runs afterwards on models that it knows (IR version 8, operator set 17, or older).
/// Errors: kCorrupt for what is not a sound model, kUnsupported naming node, operator and reason,
/// kLimit. Memory: about three times the model.
[[nodiscard]] base::Result<graph::Graph> read_onnx(std::span<const std::uint8_t> bytes, const ImportOptions& options);

/// The same from a file; kNotFound and kIo as well. Messages begin with the file's name.
[[nodiscard]] base::Result<graph::Graph> read_onnx_file(const std::string& path, const ImportOptions& options);

}  // namespace obscura::compiler::onnx_import
