#include "compiler/pack/layer_packing.hpp"

namespace obscura::compiler::pack {
namespace {

template <class Packing>
void append(std::vector<Packing> found, std::vector<LayerPacking>& packings) {
  for (Packing& packing : found) packings.push_back({packing.shape, packing.ops, packing.output});
}

}  // namespace

std::vector<LayerPacking> first_layer_candidates(const graph::SparseMatrix& matrix, const LayerContext& context) {
  std::vector<LayerPacking> packings;
  append(gather_candidates(matrix, context.slots, context.periods, context.is_last), packings);
  append(client_diagonal_candidates(matrix, context.slots, context.periods, context.is_last), packings);
  return packings;
}

std::vector<LayerPacking> layer_candidates(const graph::SparseMatrix& matrix, const Layout& input,
                                           const LayerContext& context) {
  std::vector<LayerPacking> packings;
  append(diagonal_candidates(matrix, input, context.periods, context.is_last), packings);
  return packings;
}

std::string describe(const LayerPacking& packing) {
  return std::visit([](const auto& shape) { return describe(shape); }, packing.shape);
}

}  // namespace obscura::compiler::pack
