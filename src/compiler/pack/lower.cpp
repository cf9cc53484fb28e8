#include "compiler/pack/lower.hpp"

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::pack {
namespace {

namespace program = plan::program;

using program::Match;

program::ValueId emit(const graph::SparseMatrix& matrix, const LayerShape& shape, bool is_last,
                      program::ValueId operand, ProgramBuilder& builder) {
  return std::visit(
      Match{[&](const GatherShape& s) { return emit_gather(matrix, s, is_last, builder); },
            [&](const ClientDiagonalShape& s) { return emit_client_diagonals(matrix, s, is_last, builder); },
            [&](const DiagonalShape& s) { return emit_diagonals(matrix, s, is_last, operand, builder); }},
      shape);
}

program::InputPacking input_packing(const graph::SparseMatrix& matrix, const LayerShape& shape) {
  return std::visit(Match{[&](const GatherShape& s) {
                            return program::InputPacking{s.ciphertexts(), gather_input(matrix, s)};
                          },
                          [&](const ClientDiagonalShape& s) {
                            return program::InputPacking{s.ciphertexts, client_diagonal_input(matrix, s)};
                          },
                          [&](const DiagonalShape&) { return program::InputPacking{}; }},
                    shape);
}

SlotValues bias_of(const graph::SparseMatrix& matrix, const Layout& layout) {
  const auto elements = element_map(layout);
  SlotValues values(elements.size());
  for (std::size_t s = 0; s < elements.size(); ++s) {
    if (elements[s] != kGarbage) values[s] = matrix.bias[static_cast<std::size_t>(elements[s])];
  }
  return values;
}

}  // namespace

PackedChain lower(const graph::Chain& chain, const ChainPacking& packing, int log_n) {
  OBSCURA_CHECK(packing.layers.size() == chain.stages.size(), "the packing is of another chain");
  ProgramBuilder builder(log_n);
  PackedChain packed;
  program::ValueId value(-1);
  for (std::size_t stage = 0; stage < chain.stages.size(); ++stage) {
    const graph::LinearStage& layer = chain.stages[stage];
    const Layout& layout = packing.layers[stage].output;
    const bool is_last = stage + 1 == chain.stages.size();
    builder.begin_stage(layer.name, "linear");
    value = emit(layer.matrix, packing.layers[stage].shape, is_last, value, builder);
    value = builder.add_bias(value, bias_of(layer.matrix, layout));
    packed.results.push_back({value, layout});
    if (is_last) break;
    builder.begin_stage("square", "square");
    value = builder.square(value);
  }
  packed.program = std::move(builder.program());
  packed.weights = std::move(builder.weights());
  packed.program.input_packing = input_packing(chain.stages.front().matrix, packing.layers.front().shape);
  program::Output scores{"scores", {}, 1.0, program::Finish::kNone};
  for (const std::int32_t slot : element_slots(packing.layers.back().output)) scores.element.push_back({0, slot});
  packed.program.results = {value};
  packed.program.outputs = {std::move(scores)};
  return packed;
}

}  // namespace obscura::compiler::pack
