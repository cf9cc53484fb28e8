#include "compiler/compile/place_bootstraps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/compile/node_levels.hpp"
#include "compiler/graph/interpret.hpp"

namespace obscura::compiler::compile {
namespace {

using graph::ValueId;

/// Squares one after the other; some are summed with the value that `skip` of them before read.
graph::Graph squares(int count, const std::vector<std::pair<int, int>>& skips = {}) {
  graph::Graph graph;
  const graph::Shape shape{{2}};
  graph.nodes.push_back({graph::Input{shape}, {}, shape, "x"});
  std::vector<ValueId> behind = {ValueId(0)};  // [squares so far]
  for (int i = 0; i < count; ++i) {
    graph.nodes.push_back({graph::Square{}, {behind.back()}, shape, "square" + std::to_string(i)});
    ValueId now(graph.nodes.size() - 1);
    for (const auto& [from, to] : skips) {
      if (to != i + 1) continue;
      graph.nodes.push_back({graph::Add{}, {now, behind[static_cast<std::size_t>(from)]}, shape, "sum"});
      now = ValueId(graph.nodes.size() - 1);
    }
    behind.push_back(now);
  }
  graph.outputs = {behind.back()};
  return graph;
}

BootstrapPlaces places(int from, int to, int top, double bootstrap_cost = 1) {
  return {from, to, top, 2, [](const graph::Node&, int) { return 0.0; }, bootstrap_cost};
}

const Inputs kInputs = {{0.5, -0.9}};

std::optional<PlacedBootstraps> place_in(const graph::Graph& graph, const BootstrapPlaces& at,
                                         const Inputs& inputs = kInputs) {
  return place_bootstraps(graph, place::Ending::kRescaled, at, magnitudes(graph, inputs, base::Parallel(1)));
}

std::size_t bootstraps(const graph::Graph& graph) {
  return static_cast<std::size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const graph::Node& node) {
    return std::holds_alternative<graph::Bootstrap>(node.op);
  }));
}

/// Whether every value is made at a level from which what reads it can be computed.
bool fits(const graph::Graph& graph, int to, int top) {
  const std::vector<int> work = node_levels(graph, place::Ending::kRescaled);
  for (std::size_t i = 0; i < work.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) {
      const graph::Op& op = graph.node(operand).op;
      if (std::holds_alternative<graph::Input>(op) && work[i] > top) return false;
      if (std::holds_alternative<graph::Bootstrap>(op) && work[i] > to) return false;
    }
  }
  return true;
}

TEST(PlaceBootstraps, AsFewAsTheLevelsAllow) {
  // From level 9 the input does 9 - 2 squares, a bootstrap 7 - 2, the last one 7.
  for (const auto& [count, expected] : std::vector<std::pair<int, std::size_t>>{{10, 1}, {14, 1}, {15, 2}, {19, 2}}) {
    const auto placed = place_in(squares(count), places(2, 7, 9));
    ASSERT_TRUE(placed) << count;
    EXPECT_EQ(bootstraps(placed->graph), expected) << count;
    EXPECT_EQ(placed->cost, static_cast<double>(expected)) << count;
    EXPECT_TRUE(fits(placed->graph, 7, 9)) << count;
    EXPECT_EQ(graph::interpret(placed->graph, kInputs[0]), graph::interpret(squares(count), kInputs[0]));
  }
}

TEST(PlaceBootstraps, NoneWhereTheInputReachesTheEnd) {
  EXPECT_FALSE(place_in(squares(9), places(2, 7, 9)));
}

TEST(PlaceBootstraps, OneAlsoWhereItOnlySavesTime) {
  BootstrapPlaces cheap = places(2, 7, 9, 0.5);
  cheap.node_cost = [](const graph::Node&, int level) { return 0.1 * level * level; };
  const auto placed = place_in(squares(9), cheap);
  ASSERT_TRUE(placed);
  EXPECT_GE(bootstraps(placed->graph), 1u);
  EXPECT_TRUE(fits(placed->graph, 7, 9));
}

/// Names of the values that bootstraps read.
std::vector<std::string> bootstrapped(const graph::Graph& graph) {
  std::vector<std::string> names;
  for (const graph::Node& node : graph.nodes) {
    if (std::holds_alternative<graph::Bootstrap>(node.op)) names.push_back(graph.node(node.operands[0]).name);
  }
  return names;
}

TEST(PlaceBootstraps, BesideAValueThatWaits) {
  // The sum behind square 11 reads what square 1 gave. From level 9 the input makes seven squares, a bootstrap five,
  // the last one seven: the first of two stands between squares 2 and 6, the second from square 7 to the sum.
  const graph::Graph graph = squares(15, {{2, 12}});
  const auto placed = place_in(graph, places(2, 7, 9));
  ASSERT_TRUE(placed);
  EXPECT_TRUE(fits(placed->graph, 7, 9));
  const std::vector<std::string> names = bootstrapped(placed->graph);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_GE(names[0], "square2");
  EXPECT_LE(names[0], "square6");
  EXPECT_EQ(graph::interpret(placed->graph, kInputs[0]), graph::interpret(graph, kInputs[0]));
}

TEST(PlaceBootstraps, NotBesideThreeValuesThatWait) {
  // Between squares 3 and 12 three sums wait for what came before.
  const graph::Graph graph = squares(16, {{1, 14}, {2, 13}, {3, 12}});
  EXPECT_FALSE(place_in(graph, places(2, 7, 9)));
  EXPECT_TRUE(place_in(squares(16, {{1, 14}, {3, 12}}), places(2, 7, 9)));
}

TEST(PlaceBootstraps, SaysHowLargeValuesGet) {
  // The input reaches no further than behind the first square.
  const auto placed = place_in(squares(13), places(1, 12, 2), {{1.5, -2.2}});
  ASSERT_TRUE(placed);
  ASSERT_TRUE(std::holds_alternative<graph::Bootstrap>(placed->graph.nodes[2].op));
  EXPECT_EQ(std::get<graph::Bootstrap>(placed->graph.nodes[2].op).log2_range, 3) << "4.84 and a quarter more";
}

/// The least cost over all subsets of values, by levels on the graph alone.
double by_brute_force(const graph::Graph& graph, const BootstrapPlaces& at) {
  double best = std::numeric_limits<double>::infinity();
  const std::size_t n = graph.nodes.size();
  for (unsigned chosen = 0; chosen < (1u << (n - 2)); ++chosen) {
    graph::Graph placed;
    std::vector<ValueId> now;
    double cost = 0;
    for (std::size_t i = 0; i < n; ++i) {
      graph::Node node = graph.nodes[i];
      for (ValueId& operand : node.operands) operand = now[operand.value()];
      placed.nodes.push_back(node);
      now.emplace_back(placed.nodes.size() - 1);
      if (i == 0 || i + 1 == n || ((chosen >> (i - 1)) & 1u) == 0) continue;
      placed.nodes.push_back({graph::Bootstrap{at.from, at.to, 0}, {now.back()}, node.shape, "b"});
      now.back() = ValueId(placed.nodes.size() - 1);
      cost += at.bootstrap_cost;
    }
    placed.outputs = {now.back()};
    if (!fits(placed, at.to, at.top)) continue;
    const std::vector<int> work = node_levels(placed, place::Ending::kRescaled);
    for (std::size_t i = 0; i < placed.nodes.size(); ++i) {
      if (!std::holds_alternative<graph::Bootstrap>(placed.nodes[i].op)) cost += at.node_cost(placed.nodes[i], work[i]);
    }
    best = std::min(best, cost);
  }
  return best;
}

void expect_cheapest(const graph::Graph& graph, std::mt19937& random) {
  std::vector<double> weight(graph.nodes.size());
  for (double& w : weight) w = std::uniform_real_distribution(0.0, 1.0)(random);
  const double power = std::uniform_real_distribution(0.5, 2.0)(random);
  BootstrapPlaces at = places(1, 4, 5, std::uniform_real_distribution(0.0, 10.0)(random));
  at.node_cost = [&](const graph::Node& node, int level) {
    return weight[node.name.size() % weight.size()] * std::pow(level, power);
  };
  const auto placed = place_in(graph, at);
  const double best = by_brute_force(graph, at);
  ASSERT_EQ(placed.has_value(), std::isfinite(best));
  if (!placed) return;
  EXPECT_NEAR(placed->cost, best, 1e-9);
  EXPECT_TRUE(fits(placed->graph, at.to, at.top));
}

TEST(PlaceBootstraps, TheCheapestOfAllWays) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 40; ++trial) {
    SCOPED_TRACE(trial);
    expect_cheapest(squares(std::uniform_int_distribution(8, 11)(random)), random);
  }
}

TEST(PlaceBootstraps, TheCheapestOfAllWaysWithSkips) {
  std::mt19937 random(6);
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    // Up to two sums, one in the other, beside the other or crossing it: never more than two values wait.
    std::vector<std::pair<int, int>> skips;
    const int count = std::uniform_int_distribution(7, 10)(random);
    for (int i = 0; i < 1 + trial % 2; ++i) {
      const int from = std::uniform_int_distribution(0, count - 2)(random);
      skips.emplace_back(from, std::uniform_int_distribution(from + 2, count)(random));
    }
    expect_cheapest(squares(count, skips), random);
  }
}

}  // namespace
}  // namespace obscura::compiler::compile
