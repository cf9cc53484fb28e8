#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/verify.hpp"

/// A network with branches in small: products of two values, sums and transforms across levels, a scale that is
/// changed, several results at several levels, two outputs.
namespace obscura::plan::program::testing {

class BranchedBuilder {
 public:
  explicit BranchedBuilder(const TinyOptions& options) : options_(options) {
    program_.params = {options.log_n, {45, 30, 30, 30, 30}, {48}, fhe::params::Security::k128};
    program_.insecure = options.insecure;
    program_.sealing_key = options.sealing_key;
  }

  Program build() {
    set_input();
    program_.stages = {{"conv1", "Conv"}, {"gate", "Mul"}, {"sum", "Add"}, {"dense1", "Gemm"}};
    const Scale fresh = Scale::power_of_two(30);
    const ValueId first = put(Input{0}, 4, fresh, 0);
    const ValueId second = put(Input{1}, 4, fresh, 0);
    add_weights(5, 4, fresh, options_.extended);
    const ValueId conv = put(Linear{{first, second},
                                    {{RotationStep(0), {term(0, 0, 0), term(1, 1, 1), term(0, 1, 2)}},
                                     {RotationStep(3), {term(0, 0, 3), term(1, 2, 4)}}},
                                    options_.extended,
                                    true},
                             3, (fresh * fresh).divided_by_prime(PrimeIndex(4)), 0);
    add_weights(1, 3, scale_of(conv), false);
    const ValueId biased = put(AddBias{conv, WeightId(5)}, 3, scale_of(conv), 0);
    const ValueId squared = put(Square{biased}, 2, product_scale(biased, biased, 3), 1);
    const ValueId gated = put(Multiply{biased, first}, 2, product_scale(biased, first, 3), 1);
    const ValueId changed = put(ChangeScale{gated}, 1, scale_of(squared), 2);
    const ValueId sum = put(Add{squared, changed}, 1, scale_of(squared), 2);
    add_weights(3, 1, fresh, options_.extended);
    const ValueId dense =
        put(Linear{{sum, squared},
                   {{RotationStep(0), {term(0, 0, 6), term(1, 1, 7)}}, {RotationStep(5), {term(1, 0, 8)}}},
                   options_.extended,
                   false},
            1, scale_of(squared) * fresh, 3);
    const ValueId rotated = put(Rotate{biased, RotationStep(4)}, 2, scale_of(biased), 3);
    const ValueId mirrored = put(Conjugate{rotated}, 2, scale_of(biased), 3);
    const ValueId turned = put(MultiplyByI{mirrored, 1}, 1, scale_of(biased), 3);
    program_.results = {dense, turned, mirrored, second};
    program_.outputs = {{"scores", {{0, 0}, {0, 2}, {1, 5}}, 2.0, Finish::kNone},
                        {"mask", {{2, 0}, {3, 1}}, 0.5, Finish::kSoftmax}};
    program_.error = {0.001, 0.006, 12.0};
    program_.cost = {1.5, 1000, 2000, 3000};
    program_.key_needs = derive_key_needs(program_);
    return std::move(program_);
  }

 private:
  using PrimeIndex = fhe::params::PrimeIndex;

  static Term term(int input, int baby, int weight) { return {input, RotationStep(baby), WeightId(weight)}; }

  void set_input() {
    program_.input_spec = {1, 3, 4, 1.0 / 255.0, {0.5}, {0.25}, false, true, -2.0, 2.0};
    const auto slots = std::size_t{1} << (options_.log_n - 1);
    program_.input_packing = {2, std::vector<std::int32_t>(2 * 2 * slots, InputPacking::kZero)};
    for (std::size_t i = 0; i < 12; ++i) program_.input_packing.element[i] = static_cast<std::int32_t>(i);
  }

  ValueId put(Operation operation, int level, const Scale& scale, int stage) {
    program_.instructions.push_back({std::move(operation), Level(level), scale, stage});
    return ValueId(static_cast<int>(program_.instructions.size()) - 1);
  }

  Scale scale_of(ValueId value) const { return program_.instructions[static_cast<std::size_t>(value.value())].scale; }

  Scale product_scale(ValueId left, ValueId right, int level) const {
    return (scale_of(left) * scale_of(right)).divided_by_prime(PrimeIndex(level));
  }

  void add_weights(int count, int level, const Scale& scale, bool extended) {
    for (int i = 0; i < count; ++i) program_.weights.push_back({Level(level), scale, extended});
  }

  TinyOptions options_;
  Program program_;
};

inline Program branched_program(const TinyOptions& options = {}) {
  return BranchedBuilder(options).build();
}

}  // namespace obscura::plan::program::testing
