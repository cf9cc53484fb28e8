#include "compiler/compile/finish.hpp"

#include <fmt/format.h>

namespace obscura::compiler::compile {
namespace {

using plan::program::Finish;

// The dimension that a final operator runs over.
std::size_t axis_of(const graph::Op& op) {
  if (const auto* softmax = std::get_if<graph::Softmax>(&op)) return softmax->axis;
  return std::get<graph::ArgMax>(op).axis;
}

Finish finish_of(const graph::Op& op) {
  if (const auto* softmax = std::get_if<graph::Softmax>(&op)) {
    return softmax->log ? Finish::kLogSoftmax : Finish::kSoftmax;
  }
  return Finish::kArgMax;
}

base::Result<Finish> finish_of(const graph::Graph& tail) {
  Finish finish = Finish::kNone;
  for (std::size_t i = 1; i < tail.nodes.size(); ++i) {
    const graph::Node& node = tail.nodes[i];
    if (!graph::is_final(node.op)) continue;
    const graph::Shape& scores = tail.shape(node.operands.front());
    const std::string name = fmt::format("node '{}' ({})", node.name, graph::op_name(node.op));
    if (finish == Finish::kArgMax || (finish != Finish::kNone && finish_of(node.op) != Finish::kArgMax)) {
      return base::fail(base::ErrorCode::kUnsupported, name + " computes with the result of another final operator",
                        "end the network in one softmax or argmax");
    }
    if (scores.dims[axis_of(node.op)] != graph::element_count(scores)) {
      return base::fail(
          base::ErrorCode::kUnsupported,
          fmt::format("{} runs over dimension {} of {} alone; after decryption it is done over all scores of "
                      "an output",
                      name, axis_of(node.op), graph::to_string(scores)),
          "export the network without it, and compute it from the decrypted scores");
    }
    finish = finish_of(node.op);
  }
  return finish;
}

}  // namespace

base::Result<std::vector<Finish>> finishes_of(const graph::Stripped& network) {
  std::vector<Finish> finishes;
  for (const graph::Graph& tail : network.tails) {
    OBSCURA_TRY(const Finish finish, finish_of(tail));
    finishes.push_back(finish);
  }
  return finishes;
}

}  // namespace obscura::compiler::compile
