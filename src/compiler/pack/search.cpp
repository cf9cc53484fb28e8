#include "compiler/pack/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace {

using graph::Chain;
using graph::SparseMatrix;

// Keeps the cheapest packings that leave each layout, then the `beam` cheapest of those; on equal cost the
// one that came first.
std::vector<ChainPacking> prune(std::vector<ChainPacking> packings, std::size_t beam, bool merge_layouts) {
  std::stable_sort(packings.begin(), packings.end(),
                   [](const ChainPacking& a, const ChainPacking& b) { return a.cost < b.cost; });
  std::vector<ChainPacking> kept;
  std::map<Layout, bool> seen;
  for (ChainPacking& packing : packings) {
    if (kept.size() == beam) break;
    if (merge_layouts && !seen.try_emplace(packing.layers.back().output, true).second) continue;
    kept.push_back(std::move(packing));
  }
  return kept;
}

std::vector<ChainPacking> extend(const ChainPacking& before, const std::vector<LayerPacking>& candidates,
                                 std::size_t stage, const StageCost& cost, double most_cost) {
  // Of candidates that leave the same layout only the cheapest can be part of the best packing.
  std::map<Layout, std::pair<double, const LayerPacking*>> best;
  for (const LayerPacking& candidate : candidates) {
    const double price = cost(stage, candidate.ops);
    const auto [it, is_new] = best.try_emplace(candidate.output, price, &candidate);
    if (!is_new && price < it->second.first) it->second = {price, &candidate};
  }
  std::vector<ChainPacking> extended;
  for (const auto& [layout, choice] : best) {
    if (before.cost + choice.first >= most_cost) continue;
    extended.push_back(before);
    extended.back().layers.push_back(*choice.second);
    extended.back().cost += choice.first;
  }
  return extended;
}

tl::unexpected<base::Error> no_packing(const Chain& chain, std::size_t stage, int slots) {
  const graph::LinearStage& layer = chain.stages[stage];
  return base::fail(base::ErrorCode::kUnsupported,
                    fmt::format("layer {} '{}' ({} inputs, {} outputs) fits no packing in ciphertexts of {} slots",
                                stage, layer.name, layer.matrix.cols, layer.matrix.rows, slots),
                    "every vector between two layers must fit into one ciphertext: make the layer smaller");
}

}  // namespace

std::vector<int> useful_periods(const Chain& chain, std::size_t stage) {
  const int elements = static_cast<int>(chain.stages[stage].matrix.rows);
  std::vector<int> periods{elements};
  if (stage + 1 < chain.stages.size()) {
    const int rows = static_cast<int>(chain.stages[stage + 1].matrix.rows);
    for (int folds = 1;; folds *= 2) {
      const int step = std::max(rows, ceil_div(elements, folds));
      periods.push_back(folds * step);
      if (step == rows) break;
    }
  }
  std::sort(periods.begin(), periods.end());
  periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
  return periods;
}

bool same_shapes(const ChainPacking& a, const ChainPacking& b) {
  return std::equal(a.layers.begin(), a.layers.end(), b.layers.begin(), b.layers.end(),
                    [](const LayerPacking& x, const LayerPacking& y) { return x.shape == y.shape; });
}

const std::vector<LayerPacking>& ChainSearch::candidates(std::size_t stage, const ChainPacking& before) {
  const Layout input = stage == 0 ? Layout{} : before.layers.back().output;
  const auto known = candidates_.find({stage, input});
  if (known != candidates_.end()) return known->second;
  const SparseMatrix& matrix = chain_.stages[stage].matrix;
  const LayerContext context{slots_, useful_periods(chain_, stage), stage + 1 == chain_.stages.size()};
  auto found = stage == 0 ? first_layer_candidates(matrix, context) : layer_candidates(matrix, input, context);
  return candidates_.emplace(std::pair{stage, input}, without_dominated(std::move(found))).first->second;
}

base::Result<std::vector<ChainPacking>> ChainSearch::run(const StageCost& cost, const SearchOptions& options) {
  std::vector<ChainPacking> packings{ChainPacking{}};
  for (std::size_t stage = 0; stage < chain_.stages.size(); ++stage) {
    const bool is_last = stage + 1 == chain_.stages.size();
    bool fits = packings.empty();
    std::vector<ChainPacking> next;
    for (const ChainPacking& before : packings) {
      const auto& found = candidates(stage, before);
      fits = fits || !found.empty();
      for (ChainPacking& packing : extend(before, found, stage, cost, options.most_cost)) {
        next.push_back(std::move(packing));
      }
    }
    if (!fits) return no_packing(chain_, stage, slots_);
    packings = prune(std::move(next), is_last ? options.results : options.beam, !is_last);
  }
  return packings;
}

}  // namespace obscura::compiler::pack
