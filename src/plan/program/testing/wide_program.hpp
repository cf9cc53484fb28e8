#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/program/verify.hpp"

/// A wide layer in small: behind a product without weights, two linear transforms of one layer, of four giant steps
/// and of two, each with a bias right behind it, then a sum with an input that skips the layer.
namespace obscura::plan::program::testing {

struct WideOptions {
  int log_n = 5;
  bool extended = false;  ///< diagonals modulo QP
  bool rescale = true;    ///< at the end of the transforms
  bool insecure = true;
  SealingKey sealing_key = SealingKey::kSecret;
};

class WideBuilder {
 public:
  explicit WideBuilder(const WideOptions& options) : options_(options) {
    program_.params = {options.log_n, {45, 30, 30, 30}, {48}, fhe::params::Security::k128};
    program_.insecure = options.insecure;
    program_.sealing_key = options.sealing_key;
  }

  Program build() {
    set_input();
    program_.stages = {{"square", "Mul"}, {"wide", "Gemm"}, {"sum", "Add"}};
    const Scale fresh = Scale::power_of_two(30);
    const ValueId first = put(Input{0}, 3, fresh, 0);
    const ValueId second = put(Input{1}, 3, fresh, 0);
    const Scale squared = (fresh * fresh).divided_by_prime(fhe::params::PrimeIndex(3));
    const ValueId left = put(Square{first}, 2, squared, 0);
    const ValueId right = put(Square{second}, 2, squared, 0);
    const ValueId many = biased(add_linear({left, right}, {0, 3, 6, 9}, squared));
    const ValueId few = biased(add_linear({right}, {2, 5}, squared));
    const ValueId sum = put(Add{many, few}, level_of(many), scale_of(many), 2);
    const ValueId skipped = put(Rotate{second, RotationStep(1)}, 1, fresh, 2);
    program_.results = {sum, skipped, left};
    program_.outputs = {{"scores", {{0, 0}, {1, 2}, {0, 5}}, 2.0, Finish::kNone}};
    program_.key_needs = derive_key_needs(program_);
    return std::move(program_);
  }

 private:
  void set_input() {
    program_.input_spec = {1, 3, 4, 1.0 / 255.0, {0.5}, {0.25}, false, true, -2.0, 2.0};
    const auto slots = std::size_t{1} << (options_.log_n - 1);
    program_.input_packing = {2, std::vector<std::int32_t>(2 * 2 * slots, InputPacking::kZero)};
    for (std::size_t i = 0; i < 12; ++i) program_.input_packing.element[i] = static_cast<std::int32_t>(i);
  }

  /// Every giant step has two products of each operand.
  ValueId add_linear(std::vector<ValueId> operands, const std::vector<int>& giants, const Scale& scale) {
    const Scale fresh = Scale::power_of_two(30);
    const auto count = static_cast<int>(operands.size());
    Linear linear{std::move(operands), {}, options_.extended, options_.rescale};
    for (const int giant : giants) {
      GiantStep& step = linear.steps.emplace_back(GiantStep{RotationStep(giant), {}});
      for (int i = 0; i < 2 * count; ++i) {
        step.terms.push_back({i % count, RotationStep(i / count), WeightId(static_cast<int>(program_.weights.size()))});
        program_.weights.push_back({Level(2), fresh, options_.extended});
      }
    }
    const Scale product = scale * fresh;
    if (!options_.rescale) return put(std::move(linear), 2, product, 1);
    return put(std::move(linear), 1, product.divided_by_prime(fhe::params::PrimeIndex(2)), 1);
  }

  ValueId biased(ValueId value) {
    const WeightId bias(static_cast<int>(program_.weights.size()));
    program_.weights.push_back({Level(level_of(value)), scale_of(value), false});
    return put(AddBias{value, bias}, level_of(value), scale_of(value), 1);
  }

  ValueId put(Operation operation, int level, const Scale& scale, int stage) {
    program_.instructions.push_back({std::move(operation), Level(level), scale, stage});
    return ValueId(static_cast<int>(program_.instructions.size()) - 1);
  }

  const Scale& scale_of(ValueId value) const { return at(value).scale; }
  int level_of(ValueId value) const { return at(value).level.value(); }
  const Instruction& at(ValueId value) const { return program_.instructions[static_cast<std::size_t>(value.value())]; }

  WideOptions options_;
  Program program_;
};

inline Program wide_program(const WideOptions& options = {}) {
  return WideBuilder(options).build();
}

}  // namespace obscura::plan::program::testing
