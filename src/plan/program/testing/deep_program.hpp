#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/program/verify.hpp"

/// A network deeper than its chain, in small: three layers with a bootstrap behind the first and the second, from and
/// to different scales, and a value that both layers behind the first bootstrap read. Complex or real slots, with half
/// of their values or all.
namespace obscura::plan::program::testing {

struct DeepOptions {
  int log_slots = 9;  ///< of 9
  bool real = false;
  bool extended = true;  ///< diagonals modulo QP
  SealingKey sealing_key = SealingKey::kSecret;
};

/// log2 of what the values before each bootstrap are said to be at most.
inline constexpr int kDeepRangeBits = 3;

class DeepBuilder {
 public:
  explicit DeepBuilder(const DeepOptions& options) : options_(options) {
    program_.params = {kLogN,
                       {44, 36, 36, 36, 36, 36, 36, 44, 44, 44, 44, 44, 44, 44, 20, 44, 44, 44, 44},
                       {45, 45, 45, 45, 45},
                       fhe::params::Security::k128};
    program_.insecure = true;
    program_.sealing_key = options.sealing_key;
    fhe::params::BootstrapLiteral literal{.log_slots = options.log_slots, .real = options.real, .baby_steps = 4};
    literal.slots_to_coeffs = {options.log_slots - 6, 3, 3};
    literal.coeffs_to_slots = {3, 3, options.log_slots - 6};
    program_.bootstrap = literal;
  }

  Program build() {
    set_input();
    program_.stages = {{"conv1", "Conv"}, {"conv2", "Conv"}, {"dense", "Gemm"}};
    const ValueId input = put(Input{0}, kTop, Scale::power_of_two(33), 0);
    const ValueId first = biased(linear(input, 1, 0), 0);
    const ValueId squared = put(Square{first}, kTop - 2, rescaled(scale_of(first) * scale_of(first), kTop - 1), 0);
    const ValueId shallow = bootstrap(squared, Scale::power_of_two(33), 0);
    const ValueId second = biased(linear(shallow, 3, 1), 1);
    const ValueId again = bootstrap(second, Scale::power_of_two(32), 1);
    const ValueId last = linear(again, 2, 2);
    const ValueId skipped = put(Conjugate{shallow}, kTop - 1, scale_of(shallow), 2);
    program_.results = {last, skipped};
    program_.outputs = {{"scores", {{0, 0}, {0, 2}, {1, 5}}, 2.0, Finish::kNone}};
    program_.error = {0.001, 0.006, 12.0};
    program_.cost = {1.5, 1000, 2000, 3000};
    program_.key_needs = derive_key_needs(program_);
    return std::move(program_);
  }

 private:
  static constexpr int kLogN = 10;
  static constexpr int kInputLevel = 3;  ///< of a bootstrap: a level for each matrix of SlotsToCoeffs
  static constexpr int kTop = 6;         ///< of what a bootstrap makes

  void set_input() {
    program_.input_spec = {1, 3, 4, 1.0 / 255.0, {0.5}, {0.25}, false, true, -2.0, 2.0};
    const auto slots = std::size_t{1} << (kLogN - 1);
    program_.input_packing = {1, std::vector<std::int32_t>(2 * slots, InputPacking::kZero)};
    for (std::size_t i = 0; i < 12; ++i) program_.input_packing.element[i] = static_cast<std::int32_t>(i);
  }

  /// Two products, one of them rotated by a giant step.
  ValueId linear(ValueId operand, int step, int stage) {
    const int level = level_of(operand);
    const Scale fresh = Scale::power_of_two(33);
    const auto weight = [&] { return add_weight(level, fresh, options_.extended); };
    Linear linear{{operand}, {}, options_.extended, true};
    linear.steps.push_back({RotationStep(0), {{0, RotationStep(step), weight()}}});
    linear.steps.push_back({RotationStep(4), {{0, RotationStep(0), weight()}}});
    return put(std::move(linear), level - 1, rescaled(scale_of(operand) * fresh, level), stage);
  }

  ValueId biased(ValueId value, int stage) {
    const WeightId bias = add_weight(level_of(value), scale_of(value), false);
    return put(AddBias{value, bias}, level_of(value), scale_of(value), stage);
  }

  ValueId bootstrap(ValueId value, const Scale& scale, int stage) {
    return put(Bootstrap{value, kDeepRangeBits, Level(kInputLevel)}, kTop, scale, stage);
  }

  WeightId add_weight(int level, const Scale& scale, bool extended) {
    program_.weights.push_back({Level(level), scale, extended});
    return WeightId(static_cast<int>(program_.weights.size()) - 1);
  }

  ValueId put(Operation operation, int level, const Scale& scale, int stage) {
    program_.instructions.push_back({std::move(operation), Level(level), scale, stage});
    return ValueId(static_cast<int>(program_.instructions.size()) - 1);
  }

  static Scale rescaled(const Scale& product, int level) {
    return product.divided_by_prime(fhe::params::PrimeIndex(level));
  }

  const Instruction& at(ValueId value) const { return program_.instructions[static_cast<std::size_t>(value.value())]; }
  const Scale& scale_of(ValueId value) const { return at(value).scale; }
  int level_of(ValueId value) const { return at(value).level.value(); }

  DeepOptions options_;
  Program program_;
};

/// Instructions 0 input, 1 linear, 2 add_bias, 3 square, 4 bootstrap, 5 linear, 6 add_bias, 7 bootstrap, 8 linear,
/// 9 conjugate.
inline Program deep_program(const DeepOptions& options = {}) {
  return DeepBuilder(options).build();
}

}  // namespace obscura::plan::program::testing
