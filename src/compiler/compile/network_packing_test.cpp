// Packings of convolutions, joins and wide layers over several ciphertexts, against the graph's interpreter,
// with junk in every slot of which a layout says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <set>

#include "compiler/compile/observe.hpp"
#include "compiler/graph/linear_rows.hpp"
#include "compiler/pack/linear_candidates.hpp"
#include "compiler/pack/lower.hpp"
#include "compiler/pack/network_search.hpp"

namespace obscura::compiler {
namespace {

using graph::ValueId;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random(seed) {}

  ValueId add(graph::Op op, std::vector<ValueId> operands, std::string name) {
    const auto id = graph::append(graph, std::move(op), std::move(operands), std::move(name));
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    graph.outputs = {id ? *id : ValueId(0)};
    return graph.outputs.front();
  }

  std::vector<double> reals(std::int64_t count) {
    std::vector<double> result(static_cast<std::size_t>(count));
    for (double& value : result) value = std::uniform_real_distribution<double>(-1.0, 1.0)(random);
    return result;
  }

  ValueId input(std::vector<std::int64_t> dims) { return add(graph::Input{{std::move(dims)}}, {}, "x"); }

  /// Any linear operator as its matrix.
  ValueId matrix(graph::Op op, ValueId x) {
    graph::Graph single = graph;
    const auto id = graph::append(single, std::move(op), {x}, "op");
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    auto matrix = graph::as_sparse_matrix(single, *id);
    EXPECT_TRUE(matrix.has_value());
    return add(graph::Linear{std::move(*matrix), single.shape(*id)}, {x}, "matrix");
  }

  ValueId conv(ValueId x, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
    const std::int64_t in = graph.shape(x).dims[0];
    return matrix(graph::Conv{{{{out, in, kernel, kernel}}, reals(out * in * kernel * kernel)},
                              reals(out),
                              {stride, stride},
                              {pad, pad, pad, pad}},
                  x);
  }

  ValueId dense(ValueId x, std::int64_t out) {
    const std::int64_t in = graph::element_count(graph.shape(x));
    graph::Graph flat;
    const auto source = graph::append(flat, graph::Input{{{in}}}, {}, "x");
    const auto id = graph::append(flat, graph::Dense{{{{out, in}}, reals(out * in)}, reals(out)}, {*source}, "dense");
    auto matrix = graph::as_sparse_matrix(flat, *id);
    return add(graph::Linear{std::move(*matrix), {{out}}}, {x}, "dense");
  }

  graph::Graph graph;
  std::mt19937_64 random;
};

// Packs under many cost functions, so that all kinds of candidates are taken, and holds each packing against the graph.
std::set<std::string> packings_of(Maker& maker, int log_n, int searches) {
  const graph::Graph& graph = maker.graph;
  const auto inputs = graph::element_count(graph.nodes.front().shape);
  const base::Parallel parallel(2);
  pack::NetworkSearch search(graph, 1 << (log_n - 1), parallel);
  std::set<std::string> seen;
  std::uniform_real_distribution<double> weight(0, 1);
  for (int i = 0; i < searches; ++i) {
    std::array<double, 7> price{};
    for (double& p : price) p = std::pow(weight(maker.random), 3);
    const auto found = search.run(
        [&](std::size_t, const pack::LayerOps& ops) {
          return price[0] * ops.terms + 8 * price[1] * ops.babies + 8 * price[2] * ops.giants +
                 8 * price[3] * ops.rotations + 8 * price[4] * ops.conjugations + 8 * price[5] * ops.fresh_inputs +
                 price[6] * ops.operands + (ops.extended ? 0.1 : 0);
        },
        {});
    EXPECT_TRUE(found.has_value()) << found.error().message;
    if (!found) return {};
    const pack::NetworkPacking& packing = found->at(static_cast<std::size_t>(i) % found->size());
    std::string text;
    for (const auto& node : packing.nodes) text += pack::describe(*node) + "\n";
    if (!seen.insert(text).second) continue;
    const auto checked = compile::check_packing(graph, pack::lower(graph, packing, log_n), {maker.reals(inputs)});
    EXPECT_TRUE(checked.has_value()) << checked.error().message << "\n" << text;
    if (!checked) return {};
  }
  return seen;
}

std::size_t check(Maker& maker, int log_n, int searches) {
  return packings_of(maker, log_n, searches).size();
}

TEST(NetworkPacking, ConvolutionsWithStridesAndPads) {
  Maker maker(1);
  ValueId x = maker.input({3, 8, 8});
  x = maker.conv(x, 4, 3, 2, 1);
  x = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(x, 6, 3, 1, 1);
  maker.dense(x, 5);
  EXPECT_GE(check(maker, 9, 40), 10u);
}

TEST(NetworkPacking, TensorsOverSeveralCiphertexts) {
  Maker maker(2);
  ValueId x = maker.input({2, 8, 8});
  x = maker.conv(x, 8, 3, 1, 1);
  x = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(x, 8, 3, 2, 1);
  x = maker.add(graph::Square{}, {x}, "square");
  maker.dense(x, 7);
  EXPECT_GE(check(maker, 8, 40), 10u);
}

TEST(NetworkPacking, OddSizesAndUnpaddedWindows) {
  Maker maker(3);
  ValueId x = maker.input({1, 9, 7});
  x = maker.conv(x, 3, 3, 1, 0);
  x = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(x, 5, 2, 1, 0);
  maker.dense(x, 3);
  EXPECT_GE(check(maker, 9, 40), 10u);
}

TEST(NetworkPacking, SkipsMeetInOneLayout) {
  Maker maker(4);
  ValueId x = maker.input({2, 6, 6});
  x = maker.conv(x, 4, 3, 1, 1);
  const ValueId skip = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(skip, 4, 3, 1, 1);
  x = maker.add(graph::Add{}, {x, skip}, "add");
  const ValueId gate = maker.conv(x, 4, 1, 1, 0);
  x = maker.add(graph::Multiply{}, {x, gate}, "gate");
  x = maker.add(graph::Affine{{1.0}, maker.reals(4)}, {x}, "shift");
  maker.dense(x, 3);
  EXPECT_GE(check(maker, 9, 30), 5u);
}

// Eight copies fit. Between plain copies all of a row's 72 products would be terms of their own, in each layer; a part
// of two channels, repeated, leaves 18.
TEST(NetworkPacking, CopiesShareTheWorkOfTwoLayersInTurn) {
  Maker maker(9);
  ValueId x = maker.input({8, 4, 4});
  for (int i = 0; i < 2; ++i) {
    x = maker.add(graph::Square{}, {x}, "square");
    x = maker.conv(x, 8, 3, 1, 1);
  }
  const graph::Graph& graph = maker.graph;
  const base::Parallel parallel(2);
  pack::NetworkSearch search(graph, 1024, parallel);
  const auto found = search.run(
      [](std::size_t, const pack::LayerOps& ops) {
        return ops.terms + 0.5 * (ops.babies + ops.giants + ops.rotations + ops.conjugations);
      },
      {});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  std::string text;
  int terms = 0;
  for (const auto& node : found->front().nodes) {
    text += pack::describe(*node) + "\n";
    for (const pack::LayerOps& ops : node->ops) terms += ops.terms;
  }
  EXPECT_NE(text.find("parts repeated"), std::string::npos) << text;
  EXPECT_LE(terms, 2 * 18) << text;
  const auto checked = compile::check_packing(graph, pack::lower(graph, found->front(), 11), {maker.reals(128)});
  EXPECT_TRUE(checked.has_value()) << checked.error().message << "\n" << text;
}

TEST(NetworkPacking, RepeatedPartsBetweenAllKindsOfLayers) {
  Maker maker(10);
  ValueId x = maker.input({2, 8, 8});
  x = maker.conv(x, 4, 3, 1, 1);
  const ValueId skip = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(skip, 4, 3, 1, 1);
  x = maker.add(graph::Add{}, {x, skip}, "add");
  const ValueId wide = maker.conv(x, 8, 1, 2, 0);
  x = maker.conv(x, 8, 3, 2, 1);
  x = maker.add(graph::Add{}, {x, wide}, "add");
  x = maker.add(graph::Square{}, {x}, "square");
  x = maker.conv(x, 7, 3, 1, 1);
  maker.dense(x, 5);
  const std::set<std::string> seen = packings_of(maker, 11, 200);
  const auto count = [&](const char* words) {
    return std::count_if(seen.begin(), seen.end(),
                         [&](const std::string& text) { return text.find(words) != std::string::npos; });
  };
  EXPECT_GE(count("parts repeated"), 10);
  EXPECT_GE(count("parts repeated, folded"), 5);  // to them
  EXPECT_GE(count("parts repeated -> "), 5);      // from them
}

// Every candidate of one layer, and behind each every candidate of the next.
TEST(NetworkPacking, RepeatedPartsToAndFromEveryLayout) {
  Maker maker(11);
  const ValueId x = maker.input({4, 4, 4});
  const ValueId first = maker.conv(x, 4, 3, 1, 1);
  const ValueId second = maker.conv(first, 4, 3, 1, 1);
  const base::Parallel parallel(2);
  pack::LayoutPool pool;
  pack::LinearCandidates candidates(maker.graph, 512, pool, parallel);
  double fold_cost = 0;
  const auto cost = [&](std::size_t, const pack::LayerOps& ops) { return ops.terms + fold_cost * ops.rotations; };
  std::array<int, 3> counts{};  // to parts folded, to parts by themselves, from parts
  for (fold_cost = 0; fold_cost < 2000; fold_cost += 1000) {
    for (const pack::LinearCandidate& a : candidates.first(first, cost)) {
      for (const pack::LinearCandidate& b : candidates.behind(second, a.packing->output, cost)) {
        const bool to_parts = b.packing->output->parts().has_value();
        const bool from_parts = a.packing->output->parts().has_value();
        if (!to_parts && !from_parts) continue;
        const auto* shape = std::get_if<pack::MappedShape>(&b.packing->shape);
        ASSERT_NE(shape, nullptr);
        if (to_parts) ++counts[shape->folded ? 0 : 1];
        if (from_parts) ++counts[2];
        const auto input = std::make_shared<const pack::NodePacking>(pack::NodePacking{pack::AsIs{}, {}, a.input});
        const pack::NetworkPacking packing{{input, a.packing, b.packing}, 0};
        const auto lowered = pack::lower(maker.graph, packing, 10);
        const auto checked = compile::check_packing(maker.graph, lowered, {maker.reals(64)});
        EXPECT_TRUE(checked.has_value()) << checked.error().message << "\n" << pack::describe(*b.packing);
      }
    }
  }
  EXPECT_THAT(counts, testing::Each(testing::Ge(1)));
}

TEST(NetworkPacking, CiphertextsOfConstantsAlone) {
  Maker maker(8);
  ValueId x = maker.input({1, 4, 8});
  x = maker.matrix(graph::Pad{{1, 0, 0}, {0, 0, 0}, 0.5}, x);
  x = maker.add(graph::Square{}, {x}, "square");
  maker.matrix(graph::Pad{{0, 0, 0}, {2, 0, 0}, -0.25}, x);
  EXPECT_GE(check(maker, 6, 20), 2u);
}

TEST(NetworkPacking, VectorsAndSignals) {
  Maker maker(6);
  ValueId x = maker.input({50});
  x = maker.dense(x, 33);
  x = maker.add(graph::Square{}, {x}, "square");
  x = maker.dense(x, 40);
  x = maker.add(graph::Square{}, {x}, "square");
  maker.dense(x, 4);
  EXPECT_GE(check(maker, 8, 40), 10u);
}

TEST(NetworkPacking, SaysWhichLayerDoesNotFit) {
  Maker maker(7);
  ValueId x = maker.input({6});
  x = maker.dense(x, 2000);
  maker.dense(x, 4);
  const auto found = pack::NetworkSearch(maker.graph, 32, base::Parallel(1))
                         .run([](std::size_t, const pack::LayerOps&) { return 1.0; }, {});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(found.error().message.find("layer 1 'dense'"), std::string::npos) << found.error().message;
}

}  // namespace
}  // namespace obscura::compiler
