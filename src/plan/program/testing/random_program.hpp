#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/verify.hpp"

/// Well-formed programs at random, for what has to hold of every program: values that live long, inputs that are taken
/// late or never read, results from anywhere, operands at any level above that of work.
namespace obscura::plan::program::testing {

class RandomBuilder {
 public:
  RandomBuilder(std::uint64_t seed, const TinyOptions& options) : random_(seed), options_(options) {
    program_.params = {options.log_n, {45, 30, 30, 30, 30, 30, 30}, {48}, fhe::params::Security::k128};
    program_.insecure = options.insecure;
    program_.sealing_key = options.sealing_key;
  }

  Program build() {
    set_input();
    for (int layer = 0; layer < kLayers; ++layer) {
      program_.stages.push_back({"layer" + std::to_string(layer), "Random"});
      if (layer < kInputs) put(Input{layer}, kTop, Scale::power_of_two(kFreshBits));
      for (int i = draw(1, 4); i > 0; --i) add_instruction();
    }
    set_results();
    program_.error = {0.001, 0.006, 12.0};
    program_.cost = {1.5, 1000, 2000, 3000};
    program_.key_needs = derive_key_needs(program_);
    return std::move(program_);
  }

 private:
  using PrimeIndex = fhe::params::PrimeIndex;
  static constexpr int kLayers = 8;
  static constexpr int kInputs = 3;
  static constexpr int kTop = 6;
  static constexpr int kFreshBits = 30;

  int draw(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
  int slots() const { return 1 << (options_.log_n - 1); }

  const Instruction& at(ValueId id) const { return program_.instructions[static_cast<std::size_t>(id.value())]; }

  ValueId put(Operation operation, int level, const Scale& scale) {
    const int layer = static_cast<int>(program_.stages.size()) - 1;
    program_.instructions.push_back({std::move(operation), Level(level), scale, layer});
    return ValueId(static_cast<int>(program_.instructions.size()) - 1);
  }

  ValueId draw_value() { return ValueId(draw(0, static_cast<int>(program_.instructions.size()) - 1)); }

  Term draw_term(int input, int level) {
    program_.weights.push_back({Level(level), Scale::power_of_two(kFreshBits), options_.extended});
    return {input, RotationStep(draw(0, slots() - 1)), WeightId(static_cast<int>(program_.weights.size()) - 1)};
  }

  void add_linear(ValueId operand, int level) {
    Linear linear{{operand}, {}, options_.extended, true};
    linear.steps.push_back({RotationStep(0), {draw_term(0, level), draw_term(0, level)}});
    linear.steps.push_back({RotationStep(draw(1, slots() - 1)), {draw_term(0, level)}});
    const Scale product = at(operand).scale * Scale::power_of_two(kFreshBits);
    put(std::move(linear), level - 1, product.divided_by_prime(PrimeIndex(level)));
  }

  void add_product(ValueId left, ValueId right, int level) {
    const Scale scale = (at(left).scale * at(right).scale).divided_by_prime(PrimeIndex(level));
    if (left == right) {
      put(Square{left}, level - 1, scale);
    } else {
      put(Multiply{left, right}, level - 1, scale);
    }
  }

  /// The sum of two values of any scales.
  void add_sum(ValueId left, ValueId right, int level) {
    const Scale scale = at(left).scale;
    const ValueId changed = put(ChangeScale{right}, level - 1, scale);
    put(Add{left, changed}, level - 1, scale);
  }

  void add_instruction() {
    const ValueId a = draw_value();
    const ValueId b = draw_value();
    const int level = std::min(at(a).level.value(), at(b).level.value());
    const Scale scale = at(a).scale;
    switch (level == 0 ? 3 + draw(0, 2) : draw(0, 6)) {
      case 0:
        return add_linear(a, level);
      case 1:
        return add_product(a, b, level);
      case 2:
        return add_sum(a, b, level);
      case 3:
        put(Rotate{a, RotationStep(draw(1, slots() - 1))}, at(a).level.value(), scale);
        return;
      case 4:
        put(Conjugate{a}, at(a).level.value(), scale);
        return;
      case 5:
        put(MultiplyByI{a, draw(1, 3)}, level, scale);
        return;
      default:
        program_.weights.push_back({Level(level), scale, false});
        put(AddBias{a, WeightId(static_cast<int>(program_.weights.size()) - 1)}, level, scale);
    }
  }

  void set_input() {
    program_.input_spec = {1, 3, 4, 1.0 / 255.0, {0.5}, {0.25}, false, true, -2.0, 2.0};
    program_.input_packing = {
        kInputs, std::vector<std::int32_t>(static_cast<std::size_t>(kInputs * 2 * slots()), InputPacking::kZero)};
    for (std::size_t i = 0; i < 12; ++i) program_.input_packing.element[i] = static_cast<std::int32_t>(i);
  }

  /// The last value and some others, in any order.
  void set_results() {
    std::vector<ValueId> values;
    for (int i = 0; i < static_cast<int>(program_.instructions.size()) - 1; ++i) values.emplace_back(i);
    std::shuffle(values.begin(), values.end(), random_);
    values.resize(static_cast<std::size_t>(draw(0, 3)));
    values.emplace_back(static_cast<int>(program_.instructions.size()) - 1);
    program_.results = std::move(values);
    const auto last = static_cast<std::int32_t>(program_.results.size()) - 1;
    program_.outputs = {{"scores", {{last, 0}, {0, 2}, {last, 5}}, 2.0, Finish::kNone}};
  }

  std::mt19937_64 random_;
  TinyOptions options_;
  Program program_;
};

inline Program random_program(std::uint64_t seed, const TinyOptions& options = {}) {
  return RandomBuilder(seed, options).build();
}

}  // namespace obscura::plan::program::testing
