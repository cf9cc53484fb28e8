#include "compiler/pack/vector_packing.hpp"

#include <algorithm>
#include <map>

namespace obscura::compiler::pack {
namespace {

template <class Packing>
void append(std::vector<Packing> found, std::vector<VectorPacking>& packings) {
  for (Packing& packing : found) packings.push_back({packing.shape, packing.ops, packing.output});
}

}  // namespace

std::vector<VectorPacking> without_dominated(std::vector<VectorPacking> packings) {
  std::map<Layout, std::vector<std::size_t>> kept_by_layout;
  for (std::size_t i = 0; i < packings.size(); ++i) {
    std::vector<std::size_t>& kept = kept_by_layout[packings[i].output];
    const auto beats = [&](std::size_t a, std::size_t b) { return dominates(packings[a].ops, packings[b].ops); };
    if (std::any_of(kept.begin(), kept.end(), [&](std::size_t k) { return beats(k, i); })) continue;
    kept.erase(std::remove_if(kept.begin(), kept.end(), [&](std::size_t k) { return beats(i, k); }), kept.end());
    kept.push_back(i);
  }
  std::vector<std::size_t> order;
  for (const auto& [layout, kept] : kept_by_layout) order.insert(order.end(), kept.begin(), kept.end());
  std::sort(order.begin(), order.end());
  std::vector<VectorPacking> result;
  for (const std::size_t i : order) result.push_back(std::move(packings[i]));
  return result;
}

std::vector<VectorPacking> first_vector_candidates(const graph::SparseMatrix& matrix, const VectorContext& context) {
  std::vector<VectorPacking> packings;
  append(gather_candidates(matrix, context.slots, context.periods, context.is_last), packings);
  append(client_diagonal_candidates(matrix, context.slots, context.periods, context.is_last), packings);
  return packings;
}

std::vector<VectorPacking> vector_candidates(const graph::SparseMatrix& matrix, const Layout& input,
                                             const VectorContext& context) {
  std::vector<VectorPacking> packings;
  append(diagonal_candidates(matrix, input, context.periods, context.is_last), packings);
  return packings;
}

std::string describe(const VectorPacking& packing) {
  return std::visit([](const auto& shape) { return describe(shape); }, packing.shape);
}

}  // namespace obscura::compiler::pack
