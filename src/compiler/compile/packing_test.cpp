// Every candidate of every packing family, wrap-around included, against plain matrix arithmetic. Slots of
// which a layout says nothing are poisoned before anything reads them.
#include <gtest/gtest.h>

#include <random>

#include "compiler/compile/observe.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/graph/testing/matrix_chain.hpp"
#include "compiler/pack/lower.hpp"
#include "compiler/pack/network_search.hpp"
#include "compiler/simulate/execute.hpp"

namespace obscura::compiler {
namespace {

using graph::SparseMatrix;
using pack::VectorPacking;

SparseMatrix random_matrix(int rows, int cols, double density, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  SparseMatrix matrix;
  matrix.rows = static_cast<std::size_t>(rows);
  matrix.cols = static_cast<std::size_t>(cols);
  matrix.row_ptr.push_back(0);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (std::abs(uniform(random)) > density) continue;
      matrix.col.push_back(static_cast<std::uint32_t>(c));
      matrix.value.push_back(uniform(random));
    }
    matrix.row_ptr.push_back(matrix.col.size());
    matrix.bias.push_back(uniform(random));
  }
  return matrix;
}

graph::Graph chain_of(std::vector<SparseMatrix> matrices) {
  const auto inputs = static_cast<std::int64_t>(matrices.front().cols);
  return graph::testing::matrix_chain({{inputs}}, std::move(matrices));
}

const SparseMatrix& matrix_of(const graph::Graph& chain, std::size_t layer) {
  return std::get<graph::Linear>(chain.nodes[1 + 2 * layer].op).matrix;
}

/// A packing of a chain: one for each matrix.
using Layers = std::vector<VectorPacking>;

pack::NetworkPacking network_of(const Layers& layers) {
  pack::NetworkPacking packing;
  const auto add = [&](pack::NodeShape shape, pack::LayoutPtr layout) {
    packing.nodes.push_back(
        std::make_shared<const pack::NodePacking>(pack::NodePacking{std::move(shape), {}, std::move(layout)}));
  };
  add(pack::AsIs{}, nullptr);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (i > 0) add(pack::AsIs{}, packing.nodes.back()->output);
    add(layers[i], std::make_shared<const pack::TensorLayout>(layers[i].output));
  }
  return packing;
}

std::vector<int> periods_behind(const graph::Graph& chain, std::size_t layer) {
  const int elements = static_cast<int>(matrix_of(chain, layer).rows);
  std::vector<int> periods{elements};
  if (chain.nodes.size() > 2 + 2 * layer) {
    const int rows = static_cast<int>(matrix_of(chain, layer + 1).rows);
    for (int folds = 1; folds == 1 || elements > rows * folds / 2; folds *= 2) {
      periods.push_back(folds * std::max(rows, (elements + folds - 1) / folds));
    }
  }
  return periods;
}

std::string describe(const Layers& packing) {
  std::string text;
  for (const VectorPacking& layer : packing) {
    const pack::Layout& l = layer.output;
    text += pack::describe(layer) + "\n  -> period " + std::to_string(l.period) + ", copies " +
            std::to_string(l.copies) + " by " + std::to_string(l.stride) + ", from " + std::to_string(l.origin) + " [" +
            std::to_string(l.first) + ", " + std::to_string(l.last) + ")\n";
  }
  return text;
}

// Runs the packing on a random input; false, with a message, where it differs from the chain.
void expect_equal(const graph::Graph& chain, const Layers& packing, int log_n, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> input(matrix_of(chain, 0).cols);
  for (double& x : input) x = uniform(random);
  const auto packed = pack::lower(chain, network_of(packing), log_n);
  const auto checked = compile::check_packing(chain, packed, {input});
  EXPECT_TRUE(checked.has_value()) << checked.error().message << "\n" << describe(packing);
  const auto trace = simulate::execute(packed.program, packed.weights, simulate::pack_input(packed.program, input), {});
  const auto scores = simulate::read_scores(packed.program, trace);
  const auto expected = graph::interpret(chain, input);
  for (std::size_t j = 0; j < scores.size(); ++j) ASSERT_NEAR(scores[j], expected[j], 1e-9) << describe(packing);
}

// Also holds the promised operation counts against the program.
void expect_counts(const graph::Graph& chain, const Layers& packing, int log_n) {
  const pack::PackedNetwork packed = pack::lower(chain, network_of(packing), log_n);
  int rotations = 0;
  int conjugations = 0;
  for (const auto& instruction : packed.program.instructions) {
    rotations += std::holds_alternative<plan::program::Rotate>(instruction.operation) ? 1 : 0;
    conjugations += std::holds_alternative<plan::program::Conjugate>(instruction.operation) ? 1 : 0;
  }
  const std::size_t terms = packed.weights.values.size() - packing.size();
  pack::LayerOps sum;
  for (const VectorPacking& layer : packing) {
    sum.rotations += layer.ops.rotations;
    sum.conjugations += layer.ops.conjugations;
    sum.terms += layer.ops.terms;
  }
  EXPECT_EQ(rotations, sum.rotations) << describe(packing);
  EXPECT_EQ(conjugations, sum.conjugations) << describe(packing);
  EXPECT_EQ(terms, static_cast<std::size_t>(sum.terms)) << describe(packing);
}

// Every candidate, or of second layers one in `every`.
std::size_t check_all(const graph::Graph& chain, int log_n, unsigned every, std::mt19937_64& random) {
  std::size_t checked = 0;
  const int slots = 1 << (log_n - 1);
  const bool single = chain.nodes.size() == 2;
  pack::VectorContext context{slots, periods_behind(chain, 0), single};
  for (const VectorPacking& first : pack::first_vector_candidates(matrix_of(chain, 0), context)) {
    if (single) {
      expect_equal(chain, {first}, log_n, random);
      expect_counts(chain, {first}, log_n);
      ++checked;
      continue;
    }
    if (!first.ops.extended && first.ops.giants > 0) continue;  // the layout is all that matters here
    const pack::VectorContext next{slots, periods_behind(chain, 1), chain.nodes.size() == 4};
    for (const VectorPacking& second : pack::vector_candidates(matrix_of(chain, 1), first.output, next)) {
      if (chain.nodes.size() == 4) {
        if (random() % every != 0) continue;
        expect_equal(chain, {first, second}, log_n, random);
        if (checked % 16 == 0) expect_counts(chain, {first, second}, log_n);
        ++checked;
      } else if (second.ops.extended && random() % 64 == 0) {
        const pack::VectorContext last{slots, {}, true};
        for (const VectorPacking& third : pack::vector_candidates(matrix_of(chain, 2), second.output, last)) {
          if (third.ops.extended) continue;
          expect_equal(chain, {first, second, third}, log_n, random);
          ++checked;
        }
      }
      if (::testing::Test::HasFailure()) return checked;
    }
  }
  return checked;
}

TEST(Packing, EveryFirstLayerCandidateComputesTheLayer) {
  std::mt19937_64 random(1);
  std::size_t checked = 0;
  for (const auto& [rows, cols] : std::vector<std::pair<int, int>>{
           {1, 1}, {1, 9}, {9, 1}, {5, 16}, {16, 5}, {13, 13}, {3, 60}, {60, 3}, {32, 32}}) {
    for (const double density : {1.0, 0.2}) {
      checked += check_all(chain_of({random_matrix(rows, cols, density, random)}), 7, 1, random);
      ASSERT_FALSE(::testing::Test::HasFailure()) << rows << "x" << cols;
    }
  }
  EXPECT_GT(checked, 500u);
}

std::size_t check_second_layers(unsigned every) {
  std::mt19937_64 random(2);
  std::size_t checked = 0;
  for (const auto& [in, mid, out] : std::vector<std::tuple<int, int, int>>{{4, 1, 1},
                                                                           {4, 7, 1},
                                                                           {4, 1, 7},
                                                                           {4, 13, 3},
                                                                           {4, 3, 13},
                                                                           {4, 6, 6},
                                                                           {3, 20, 10},
                                                                           {3, 30, 2},
                                                                           {3, 2, 30},
                                                                           {4, 16, 4},
                                                                           {3, 32, 8}}) {
    for (const double density : {1.0, 0.3}) {
      const graph::Graph chain =
          chain_of({random_matrix(mid, in, 0.6, random), random_matrix(out, mid, density, random)});
      checked += check_all(chain, 7, every, random);
      if (::testing::Test::HasFailure()) return checked;
    }
  }
  return checked;
}

TEST(Packing, SecondLayerCandidatesComputeTheLayer) {
  EXPECT_GT(check_second_layers(16), 5000u);
}

TEST(PackingSlow, EverySecondLayerCandidateComputesTheLayer) {
  EXPECT_GT(check_second_layers(1), 100000u);
}

TEST(Packing, ThirdLayersReadWhatSecondLayersLeave) {
  std::mt19937_64 random(3);
  std::size_t checked = 0;
  for (const auto& [mid, low, out] :
       std::vector<std::tuple<int, int, int>>{{13, 5, 3}, {20, 10, 4}, {6, 6, 6}, {5, 12, 5}, {24, 8, 8}}) {
    const graph::Graph chain = chain_of(
        {random_matrix(mid, 4, 0.6, random), random_matrix(low, mid, 1, random), random_matrix(out, low, 1, random)});
    checked += check_all(chain, 7, 1, random);
    ASSERT_FALSE(::testing::Test::HasFailure()) << mid << "-" << low << "-" << out;
  }
  EXPECT_GT(checked, 500u);
}

TEST(Packing, BandedMatricesNeedOnlyTheirDiagonals) {
  std::mt19937_64 random(4);
  SparseMatrix band = graph::identity_matrix(24);
  const graph::Graph chain =
      chain_of({random_matrix(24, 6, 0.5, random), std::move(band), random_matrix(4, 24, 1, random)});
  const auto found = pack::NetworkSearch(chain, 64, base::Parallel(1))
                         .run(
                             [](std::size_t, const pack::LayerOps& ops) {
                               return ops.terms + 10.0 * (ops.babies + ops.giants + ops.rotations + ops.conjugations);
                             },
                             {});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->front().nodes[3]->ops.front().terms, 1);
  EXPECT_EQ(found->front().nodes[3]->ops.front().rotations, 0);
}

}  // namespace
}  // namespace obscura::compiler
