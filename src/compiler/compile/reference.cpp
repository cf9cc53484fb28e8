#include "compiler/compile/reference.hpp"

#include <fmt/format.h>

#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/read_onnx.hpp"

namespace obscura::compiler::compile {

base::Result<Reference> Reference::open(const std::string& onnx_path) {
  onnx_import::ImportOptions options;
  options.approximate_maxpool = true;  // exact in the clear
  OBSCURA_TRY(const auto graph, onnx_import::read_onnx_file(onnx_path, options));
  OBSCURA_TRY(auto stripped, graph::strip_final_ops(graph));
  return Reference(std::move(stripped.body));
}

std::size_t Reference::first_output() const {
  return static_cast<std::size_t>(graph::element_count(graph_.shape(graph_.outputs.front())));
}

base::Result<std::vector<double>> Reference::scores(std::span<const float> input) const {
  const auto expected = static_cast<std::size_t>(graph::element_count(graph_.nodes.front().shape));
  if (input.size() != expected) {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("the input has {} elements; the model takes {}", input.size(), expected),
                      "use an input of the model's shape");
  }
  return graph::interpret(graph_, std::vector<double>(input.begin(), input.end()));
}

}  // namespace obscura::compiler::compile
