// Every candidate of every packing family, wrap-around included, against plain matrix arithmetic. Slots of
// which a layout says nothing are poisoned before anything reads them.
#include <gtest/gtest.h>

#include <random>

#include "compiler/graph/chain.hpp"
#include "compiler/pack/lower.hpp"
#include "compiler/simulate/execute.hpp"

namespace obscura::compiler {
namespace {

using graph::Chain;
using graph::SparseMatrix;
using pack::ChainPacking;
using pack::LayerPacking;

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

Chain chain_of(std::vector<SparseMatrix> matrices) {
  Chain chain;
  chain.input.dims = {static_cast<std::int64_t>(matrices.front().cols)};
  for (SparseMatrix& matrix : matrices) {
    graph::Shape shape{{static_cast<std::int64_t>(matrix.rows)}};
    chain.stages.push_back({std::move(matrix), shape, "layer"});
  }
  return chain;
}

std::string describe(const ChainPacking& packing) {
  std::string text;
  for (const LayerPacking& layer : packing.layers) {
    const pack::Layout& l = layer.output;
    text += pack::describe(layer) + "\n  -> period " + std::to_string(l.period) + ", copies " +
            std::to_string(l.copies) + " by " + std::to_string(l.stride) + ", from " + std::to_string(l.origin) + " [" +
            std::to_string(l.first) + ", " + std::to_string(l.last) + ")\n";
  }
  return text;
}

// Runs the packing on a random input; false, with a message, where it differs from the chain.
void expect_equal(const Chain& chain, const ChainPacking& packing, int log_n, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> input(chain.stages.front().matrix.cols);
  for (double& x : input) x = uniform(random);
  const auto expected = graph::evaluate_stages(chain, input);
  const pack::PackedChain packed = pack::lower(chain, packing, log_n);
  std::size_t stage = 0;
  double worst = 0;
  const auto check_and_poison = [&](plan::program::ValueId id, simulate::Slots& slots) {
    if (stage >= packed.results.size() || packed.results[stage].value != id) return;
    const auto elements = pack::element_map(packed.results[stage].layout);
    const bool is_last = stage + 1 == packed.results.size();
    for (std::size_t s = 0; s < slots.size(); ++s) {
      if (elements[s] == pack::kGarbage) {
        slots[s] = {100 * uniform(random), 100 * uniform(random)};
        continue;
      }
      worst = std::max(worst, std::abs(slots[s].real() - expected[stage][static_cast<std::size_t>(elements[s])]));
      if (!is_last) worst = std::max(worst, std::abs(slots[s].imag()));
    }
    ++stage;
  };
  const auto trace =
      simulate::execute(packed.program, packed.weights, simulate::pack_input(packed.program, input), check_and_poison);
  ASSERT_EQ(stage, chain.stages.size());
  EXPECT_LT(worst, 1e-9) << describe(packing);
  const auto scores = simulate::read_scores(packed.program, trace);
  for (std::size_t j = 0; j < scores.size(); ++j) {
    ASSERT_NEAR(scores[j], expected.back()[j], 1e-9) << describe(packing);
  }
}

// Also holds the promised operation counts against the program.
void expect_counts(const Chain& chain, const ChainPacking& packing, int log_n) {
  const pack::PackedChain packed = pack::lower(chain, packing, log_n);
  int rotations = 0;
  int conjugations = 0;
  for (const auto& instruction : packed.program.instructions) {
    rotations += std::holds_alternative<plan::program::Rotate>(instruction.operation) ? 1 : 0;
    conjugations += std::holds_alternative<plan::program::Conjugate>(instruction.operation) ? 1 : 0;
  }
  const std::size_t terms = packed.weights.values.size() - packing.layers.size();
  pack::LayerOps sum;
  for (const LayerPacking& layer : packing.layers) {
    sum.rotations += layer.ops.rotations;
    sum.conjugations += layer.ops.conjugations;
    sum.terms += layer.ops.terms;
  }
  EXPECT_EQ(rotations, sum.rotations) << describe(packing);
  EXPECT_EQ(conjugations, sum.conjugations) << describe(packing);
  EXPECT_EQ(terms, static_cast<std::size_t>(sum.terms)) << describe(packing);
}

// Every candidate, or of second layers one in `every`.
std::size_t check_all(const Chain& chain, int log_n, unsigned every, std::mt19937_64& random) {
  std::size_t checked = 0;
  const int slots = 1 << (log_n - 1);
  const bool single = chain.stages.size() == 1;
  pack::LayerContext context{slots, pack::useful_periods(chain, 0), single};
  for (const LayerPacking& first : pack::first_layer_candidates(chain.stages[0].matrix, context)) {
    if (single) {
      expect_equal(chain, {{first}, 0}, log_n, random);
      expect_counts(chain, {{first}, 0}, log_n);
      ++checked;
      continue;
    }
    if (!first.ops.extended && first.ops.giants > 0) continue;  // the layout is all that matters here
    const pack::LayerContext next{slots, pack::useful_periods(chain, 1), chain.stages.size() == 2};
    for (const LayerPacking& second : pack::layer_candidates(chain.stages[1].matrix, first.output, next)) {
      if (chain.stages.size() == 2) {
        if (random() % every != 0) continue;
        expect_equal(chain, {{first, second}, 0}, log_n, random);
        if (checked % 16 == 0) expect_counts(chain, {{first, second}, 0}, log_n);
        ++checked;
      } else if (second.ops.extended && random() % 64 == 0) {
        const pack::LayerContext last{slots, {}, true};
        for (const LayerPacking& third : pack::layer_candidates(chain.stages[2].matrix, second.output, last)) {
          if (third.ops.extended) continue;
          expect_equal(chain, {{first, second, third}, 0}, log_n, random);
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
      const Chain chain = chain_of({random_matrix(mid, in, 0.6, random), random_matrix(out, mid, density, random)});
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
    const Chain chain = chain_of(
        {random_matrix(mid, 4, 0.6, random), random_matrix(low, mid, 1, random), random_matrix(out, low, 1, random)});
    checked += check_all(chain, 7, 1, random);
    ASSERT_FALSE(::testing::Test::HasFailure()) << mid << "-" << low << "-" << out;
  }
  EXPECT_GT(checked, 500u);
}

TEST(Packing, BandedMatricesNeedOnlyTheirDiagonals) {
  std::mt19937_64 random(4);
  SparseMatrix band = graph::identity_matrix(24);
  const Chain chain = chain_of({random_matrix(24, 6, 0.5, random), std::move(band), random_matrix(4, 24, 1, random)});
  const auto found = pack::ChainSearch(chain, 64).run(
      [](std::size_t, const pack::LayerOps& ops) {
        return ops.terms + 10.0 * (ops.babies + ops.giants + ops.rotations + ops.conjugations);
      },
      {});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->front().layers[1].ops.terms, 1);
  EXPECT_EQ(found->front().layers[1].ops.rotations, 0);
  expect_equal(chain, found->front(), 7, random);
}

TEST(Packing, RefusesVectorsThatNeedSeveralCiphertexts) {
  std::mt19937_64 random(5);
  const Chain chain = chain_of({random_matrix(40, 6, 0.5, random), random_matrix(4, 40, 1, random)});
  const auto found = pack::ChainSearch(chain, 32).run([](std::size_t, const pack::LayerOps&) { return 1.0; }, {});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(found.error().message.find("layer 0 'layer' (6 inputs, 40 outputs)"), std::string::npos);
}

}  // namespace
}  // namespace obscura::compiler
