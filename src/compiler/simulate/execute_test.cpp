#include "compiler/simulate/execute.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "compiler/simulate/sensitivity.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::simulate {
namespace {

using namespace plan::program;
using Complex = std::complex<double>;

/// A program of eight slots that has every operation, written by hand.
struct Example {
  Program program;
  plan::weights::Weights weights;
  std::mt19937_64 random{7};

  Slots random_slots() {
    std::normal_distribution<double> normal;
    Slots slots(8);
    for (Complex& x : slots) x = {normal(random), normal(random)};
    return slots;
  }
  WeightId weight() {
    program.weights.push_back({Level(0), Scale(), false});
    weights.values.push_back(random_slots());
    return WeightId(static_cast<int>(weights.values.size()) - 1);
  }
  ValueId add(Operation operation) {
    program.instructions.push_back({std::move(operation), Level(0), Scale(), 0});
    return ValueId(static_cast<int>(program.instructions.size()) - 1);
  }

  Example() {
    program.params.log_n = 4;
    program.input_packing.ciphertexts = 2;
    const ValueId a = add(Input{0});
    const ValueId b = add(Input{1});
    Linear linear{{a, b}, {}, false, true};
    linear.steps.push_back({RotationStep(0), {{0, RotationStep(0), weight()}, {1, RotationStep(3), weight()}}});
    linear.steps.push_back({RotationStep(5), {{0, RotationStep(3), weight()}}});
    ValueId x = add(linear);
    x = add(Add{x, add(Rotate{add(MultiplyByI{x, 3}), RotationStep(2)})});
    x = add(AddBias{x, weight()});
    x = add(Add{x, add(Conjugate{x})});
    const ValueId squared = add(Square{x});
    const ValueId gated = add(ChangeScale{add(Multiply{x, a})});
    program.bootstrap = fhe::params::BootstrapLiteral{.real = true};
    const ValueId halved = add(Multiply{gated, add(Bootstrap{b, 1, Level(0)})});
    program.results = {squared, gated, halved};
    program.outputs = {{"scores", {{0, 6}, {1, 1}}, 2.0, Finish::kNone},
                       {"more", {{1, 3}, {2, 4}}, 0.5, Finish::kArgMax}};
  }
};

TEST(Execute, FollowsTheDefinitionOfEveryOperation) {
  Example example;
  const Slots a = example.random_slots();
  const Slots b = example.random_slots();
  const Trace trace = execute(example.program, example.weights, {a, b}, {});
  const auto& w = example.weights.values;
  const auto at = [](const Slots& x, int i) { return x[static_cast<std::size_t>(i % 8)]; };
  const Complex minus_i(0, -1);
  const auto linear = [&](int s) {
    return at(w[0], s) * at(a, s) + at(w[1], s) * at(b, s + 3) + at(w[2], s + 5) * at(a, s + 5 + 3);
  };
  for (int s = 0; s < 8; ++s) {
    const Complex folded = linear(s) + minus_i * linear(s + 2) + at(w[3], s);
    const double expected = 2 * folded.real();
    EXPECT_NEAR(std::abs(trace[9][static_cast<std::size_t>(s)] - expected * expected), 0, 1e-12);
    EXPECT_NEAR(std::abs(trace[11][static_cast<std::size_t>(s)] - expected * at(a, s)), 0, 1e-12);
    EXPECT_EQ(trace[12][static_cast<std::size_t>(s)], at(b, s).real()) << "of a bootstrap of real values";
  }
  const auto scores = read_scores(example.program, trace);
  ASSERT_EQ(scores.size(), 4u);
  EXPECT_EQ(scores[0], 2 * trace[9][6].real());
  EXPECT_EQ(scores[1], 2 * trace[11][1].real());
  EXPECT_EQ(scores[2], 0.5 * trace[11][3].real());
  EXPECT_EQ(scores[3], 0.5 * trace[13][4].real());
  example.program.bootstrap->real = false;
  EXPECT_EQ(execute(example.program, example.weights, {a, b}, {})[12], b);
}

TEST(Execute, TamperSeesAndChangesEveryResultBeforeItIsRead) {
  Example example;
  int calls = 0;
  const Slots a = example.random_slots();
  const auto trace = execute(example.program, example.weights, {a, a}, [&](ValueId id, Slots& slots) {
    EXPECT_EQ(id.value(), calls++);
    if (id.value() == 8) slots.assign(8, Complex(3, 0));
  });
  EXPECT_EQ(calls, static_cast<int>(trace.size()));
  EXPECT_EQ(trace[9][0], Complex(9, 0));
}

TEST(Execute, PacksBothHalvesOfTheInput) {
  Program program;
  program.params.log_n = 3;
  program.input_packing = {1, {0, 1, -1, 0, 2, -1, -1, 1}};
  const auto packed = pack_input(program, std::vector<double>{5, 6, 7});
  EXPECT_EQ(packed[0], (Slots{{5, 7}, {6, 0}, {0, 0}, {5, 6}}));
}

// Gains of results and weights against finite differences of the program itself.
TEST(Sensitivity, MatchesFiniteDifferences) {
  Example example;
  const std::vector<Slots> inputs = {example.random_slots(), example.random_slots()};
  const Trace trace = execute(example.program, example.weights, inputs, {});
  const std::vector<double> direction = {1.0, -0.5, 3.0, 2.0};
  const auto gains = sensitivity(example.program, example.weights, trace, direction);
  const auto number = [&](const plan::weights::Weights& weights, const Tamper& tamper) {
    const auto scores = read_scores(example.program, execute(example.program, weights, inputs, tamper));
    return std::inner_product(direction.begin(), direction.end(), scores.begin(), 0.0);
  };
  const double step = 1e-6;
  for (int i = 0; i < static_cast<int>(trace.size()); ++i) {
    double expected = 0;
    for (std::size_t s = 0; s < 8; ++s) {
      for (const Complex by : {Complex(step, 0), Complex(0, step)}) {
        const auto moved = [&](double sign) {
          return number(example.weights, [&](ValueId id, Slots& x) {
            if (id.value() == i) x[s] += sign * by;
          });
        };
        expected += std::pow((moved(1) - moved(-1)) / (2 * step), 2);
      }
    }
    EXPECT_NEAR(gains[static_cast<std::size_t>(i)].result, expected, 1e-4 * (1 + expected)) << i;
    const auto stretched = [&](double factor) {
      return number(example.weights, [&](ValueId id, Slots& x) {
        for (Complex& value : x) value *= id.value() == i ? factor : 1.0;
      });
    };
    const double relative = std::pow((stretched(1 + step) - stretched(1 - step)) / (2 * step), 2);
    EXPECT_NEAR(gains[static_cast<std::size_t>(i)].relative, relative, 1e-4 * (1 + relative)) << i;
  }
  double expected = 0;
  for (std::size_t w = 0; w < 3; ++w) {
    for (std::size_t s = 0; s < 8; ++s) {
      for (const Complex by : {Complex(step, 0), Complex(0, step)}) {
        plan::weights::Weights up = example.weights;
        plan::weights::Weights down = example.weights;
        up.values[w][s] += by;
        down.values[w][s] -= by;
        expected += std::pow((number(up, {}) - number(down, {})) / (2 * step), 2);
      }
    }
  }
  EXPECT_NEAR(gains[2].weight, expected, 1e-4 * (1 + expected));
}

// A baby step counts like a rotation of its own before the transform.
TEST(Sensitivity, BabyStepsAreRotationsOfTheOperand) {
  Example hoisted;
  Example explicit_rotations;
  Linear& linear = std::get<Linear>(explicit_rotations.program.instructions[2].operation);
  auto& instructions = explicit_rotations.program.instructions;
  // Operands become a, rot_3(b), rot_3(a); the rotations take the numbers 2 and 3.
  linear.operands = {ValueId(0), ValueId(2), ValueId(3)};
  linear.steps[0].terms[1] = {1, RotationStep(0), WeightId(1)};
  linear.steps[1].terms[0] = {2, RotationStep(0), WeightId(2)};
  const auto later = [](ValueId id) { return id < ValueId(2) ? id : ValueId(id.value() + 2); };  // inputs stay
  for (std::size_t i = 3; i < instructions.size(); ++i) replace_operands(instructions[i].operation, later);
  instructions.insert(instructions.begin() + 2, {{Rotate{ValueId(1), RotationStep(3)}, Level(0), Scale(), 0},
                                                 {Rotate{ValueId(0), RotationStep(3)}, Level(0), Scale(), 0}});
  for (ValueId& result : explicit_rotations.program.results) result = later(result);
  const std::vector<Slots> inputs = {hoisted.random_slots(), hoisted.random_slots()};
  const auto gains_of = [&](const Example& example) {
    return sensitivity(example.program, example.weights, execute(example.program, example.weights, inputs, {}),
                       {1, 0, 1, 1});
  };
  const auto by_hoisting = gains_of(hoisted);
  const auto by_rotation = gains_of(explicit_rotations);
  EXPECT_NEAR(by_hoisting[2].baby, by_rotation[2].result + by_rotation[3].result, 1e-9 * by_hoisting[2].baby);
  EXPECT_GT(by_hoisting[2].baby, 0);
  EXPECT_EQ(by_rotation[4].baby, 0);
  EXPECT_NEAR(by_hoisting.front().result, by_rotation.front().result, 1e-9 * by_rotation.front().result);
}

}  // namespace
}  // namespace obscura::compiler::simulate
