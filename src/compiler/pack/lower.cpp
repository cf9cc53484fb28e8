#include "compiler/pack/lower.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::pack {
namespace {

namespace program = plan::program;

using graph::ValueId;
using program::Match;

using Values = std::vector<program::ValueId>;

SlotValues slot_values(const TensorLayout& layout, std::size_t ciphertext, const std::vector<double>& of_element) {
  const auto& element = layout.element()[ciphertext];
  SlotValues values(element.size());
  for (std::size_t s = 0; s < element.size(); ++s) {
    if (element[s] != kGarbage) values[s] = of_element[static_cast<std::size_t>(element[s])];
  }
  return values;
}

program::InputPacking packing_of_layout(const TensorLayout& layout) {
  program::InputPacking packing;
  packing.ciphertexts = layout.ciphertexts();
  for (const auto& element : layout.element()) {
    packing.element.insert(packing.element.end(), element.begin(), element.end());
    packing.element.insert(packing.element.end(), element.size(), program::InputPacking::kZero);
  }
  return packing;
}

static_assert(kGarbage == program::InputPacking::kZero, "what no element fills is sent as zero");

class Lowering {
 public:
  Lowering(const graph::Graph& graph, const NetworkPacking& packing, int log_n)
      : graph_(graph), packing_(packing), builder_(log_n), values_(graph.nodes.size()) {}

  PackedNetwork run() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) lower_node(ValueId(i));
    packed_.program = std::move(builder_.program());
    packed_.weights = std::move(builder_.weights());
    packed_.program.input_packing = std::move(input_packing_);
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) add_output(i);
    return std::move(packed_);
  }

 private:
  [[nodiscard]] const NodePacking& packing(ValueId id) const { return *packing_.nodes[id.value()]; }

  void lower_node(ValueId id) {
    const graph::Node& node = graph_.node(id);
    if (packing(id).output != nullptr) builder_.begin_stage(node.name, std::string(graph::op_name(node.op)));
    values_[id.value()] = std::visit(
        Match{[&](const graph::Input&) { return input(id); },
              [&](const graph::Linear& linear) { return this->linear(id, linear); },
              [&](const graph::Affine& affine) {
                return shifted(id, values(node.operands[0]), graph::expand(affine.shift, node.shape));
              },
              [&](const graph::Square&) {
                return each(node.operands[0], [&](program::ValueId x) { return builder_.square(x); });
              },
              [&](const graph::Bootstrap& bootstrap) {
                return each(node.operands[0], [&](program::ValueId x) {
                  return builder_.bootstrap(x, bootstrap.log2_range, program::Level(bootstrap.from),
                                            program::Level(bootstrap.to));
                });
              },
              [&](const graph::Multiply&) {
                return both(node, [&](program::ValueId x, program::ValueId y) { return builder_.multiply(x, y); });
              },
              [&](const graph::Add&) {
                return both(node, [&](program::ValueId x, program::ValueId y) { return builder_.add(x, y); });
              },
              [&](const auto&) {
                OBSCURA_CHECK(false, "the graph was not checked by check_packable()");
                return Values{};
              }},
        node.op);
    if (packing(id).output != nullptr) packed_.tensors.push_back({id, values_[id.value()], packing(id).output});
  }

  // Two outputs may be made of one value: it is returned once.
  void add_output(std::size_t i) {
    const ValueId id = graph_.outputs[i];
    program::Program& program = packed_.program;
    program::Output output{graph::output_name(graph_, i), {}, 1.0, program::Finish::kNone};
    const auto known = std::find(program.results.begin(), program.results.end(), values(id).front());
    const auto first = static_cast<std::int32_t>(known - program.results.begin());
    for (const Place& place : packing(id).output->place())
      output.element.push_back({first + place.ciphertext, place.slot});
    if (known == program.results.end()) {
      program.results.insert(program.results.end(), values(id).begin(), values(id).end());
    }
    program.outputs.push_back(std::move(output));
  }

  [[nodiscard]] const Values& values(ValueId id) const { return values_[id.value()]; }

  template <class Make>
  Values each(ValueId operand, const Make& make) {
    Values results;
    for (const program::ValueId x : values(operand)) results.push_back(make(x));
    return results;
  }

  template <class Make>
  Values both(const graph::Node& node, const Make& make) {
    Values results;
    const Values& left = values(node.operands[0]);
    const Values& right = values(node.operands[1]);
    for (std::size_t c = 0; c < left.size(); ++c) results.push_back(make(left[c], right[c]));
    return results;
  }

  Values input(ValueId id) {
    const LayoutPtr& layout = packing(id).output;
    if (layout == nullptr) return {};
    input_packing_ = packing_of_layout(*layout);
    Values results;
    for (int c = 0; c < layout->ciphertexts(); ++c) results.push_back(builder_.input(c));
    return results;
  }

  Values linear(ValueId id, const graph::Linear& linear) {
    const Values& operands = values(graph_.node(id).operands.front());
    const bool is_last = ends_network(graph_, id);
    const graph::SparseMatrix& matrix = linear.matrix;
    const auto& shape = packing(id).shape;
    Values sums =
        std::visit(Match{[&](const VectorPacking& x) { return vector(matrix, x.shape, is_last, operands); },
                         [&](const MappedShape& x) { return emit_mapped(matrix, x, is_last, operands, builder_); },
                         [&](const MappedGatherShape& x) {
                           const auto element = mapped_gather_input(matrix, x);
                           input_packing_ = {x.ciphertexts(), element};
                           return emit_mapped_gather(matrix, x, is_last, builder_);
                         },
                         [&](const auto&) { return Values{}; }},
                   shape);
    return shifted(id, sums, matrix.bias);
  }

  Values vector(const graph::SparseMatrix& matrix, const VectorShape& shape, bool is_last, const Values& operands) {
    return std::visit(Match{[&](const GatherShape& s) {
                              input_packing_ = {s.ciphertexts(), gather_input(matrix, s)};
                              return Values{emit_gather(matrix, s, is_last, builder_)};
                            },
                            [&](const ClientDiagonalShape& s) {
                              input_packing_ = {s.ciphertexts, client_diagonal_input(matrix, s)};
                              return Values{emit_client_diagonals(matrix, s, is_last, builder_)};
                            },
                            [&](const DiagonalShape& s) {
                              return Values{emit_diagonals(matrix, s, is_last, operands.front(), builder_)};
                            }},
                      shape);
  }

  Values shifted(ValueId id, const Values& operands, const std::vector<double>& shift) {
    Values results;
    for (std::size_t c = 0; c < operands.size(); ++c) {
      results.push_back(builder_.add_bias(operands[c], slot_values(*packing(id).output, c, shift)));
    }
    return results;
  }

  const graph::Graph& graph_;
  const NetworkPacking& packing_;
  ProgramBuilder builder_;
  std::vector<Values> values_;
  program::InputPacking input_packing_;
  PackedNetwork packed_;
};

}  // namespace

PackedNetwork lower(const graph::Graph& graph, const NetworkPacking& packing, int log_n) {
  return Lowering(graph, packing, log_n).run();
}

}  // namespace obscura::compiler::pack
