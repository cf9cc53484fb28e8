#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::compile {

/// The network in the clear, evaluated by the float interpreter straight from its ONNX file: what encrypted answers
/// are held against. Of a network that ends in a softmax or argmax, the scores before it: those are what is computed
/// encrypted.
class Reference {
 public:
  /// Errors: those of read_onnx_file.
  [[nodiscard]] static base::Result<Reference> open(const std::string& onnx_path);
  /// Shape of one input, without the batch: {channels, height, width}, or {length}.
  [[nodiscard]] std::span<const std::int64_t> input_dims() const { return graph_.nodes.front().shape.dims; }
  /// How many scores the first output has: labels are their numbers.
  [[nodiscard]] std::size_t first_output() const;
  /// The scores of one input (channel-major, normalised), all outputs one after the other. Error: kMismatch for another
  /// number of elements.
  [[nodiscard]] base::Result<std::vector<double>> scores(std::span<const float> input) const;

 private:
  explicit Reference(graph::Graph graph) : graph_(std::move(graph)) {}
  graph::Graph graph_;
};

}  // namespace obscura::compiler::compile
