#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plan/program/program.hpp"
#include "plan/program/verify.hpp"

/// A program small enough to read and to run on an insecure ring in a test, with every kind of operation in it.
namespace obscura::plan::program::testing {

struct TinyOptions {
  int log_n = 5;
  bool extended = false;  ///< diagonals modulo QP
  bool insecure = true;   ///< false: from log_n = 13 the primes are secure at 128 bits
  SealingKey sealing_key = SealingKey::kSecret;
};

class TinyBuilder {
 public:
  explicit TinyBuilder(const TinyOptions& options) : options_(options) {
    program_.params = {options.log_n, {45, 30, 30, 30}, {48}, fhe::params::Security::k128};
    program_.insecure = options.insecure;
    program_.sealing_key = options.sealing_key;
  }

  Program build() {
    set_input();
    program_.stages = {{"conv1", "Conv"}, {"square1", "Mul"}, {"dense1", "Gemm"}};
    const Scale fresh = Scale::power_of_two(30);
    const ValueId first = put(Input{0}, 3, fresh, 0);
    const ValueId second = put(Input{1}, 3, fresh, 0);
    add_weights(4, 3, fresh, options_.extended);
    const ValueId conv = put(
        Linear{{first, second},
               {{RotationStep(0), {term(0, 0, 0), term(1, 1, 1)}}, {RotationStep(3), {term(0, 0, 2), term(1, 2, 3)}}},
               options_.extended,
               true},
        2, (fresh * fresh).divided_by_prime(fhe::params::PrimeIndex(3)), 0);
    add_weights(1, 2, scale_of(conv), false);
    const ValueId biased = put(AddBias{conv, WeightId(4)}, 2, scale_of(conv), 0);
    const ValueId squared =
        put(Square{biased}, 1, (scale_of(conv) * scale_of(conv)).divided_by_prime(fhe::params::PrimeIndex(2)), 1);
    add_weights(3, 1, fresh, options_.extended);
    const ValueId dense =
        put(Linear{{squared},
                   {{RotationStep(0), {term(0, 0, 5), term(0, 1, 6)}}, {RotationStep(5), {term(0, 0, 7)}}},
                   options_.extended,
                   false},
            1, scale_of(squared) * fresh, 2);
    const ValueId rotated = put(Rotate{dense, RotationStep(4)}, 1, scale_of(dense), 2);
    const ValueId mirrored = put(Conjugate{rotated}, 1, scale_of(dense), 2);
    const ValueId turned = put(MultiplyByI{mirrored, 3}, 1, scale_of(dense), 2);
    program_.results = {put(Add{dense, turned}, 1, scale_of(dense), 2)};
    program_.outputs = {{"scores", {{0, 0}, {0, 2}, {0, 5}}, 2.0, Finish::kNone}};
    program_.error = {0.001, 0.006, 12.0};
    program_.cost = {1.5, 1000, 2000, 3000};
    program_.key_needs = derive_key_needs(program_);
    return std::move(program_);
  }

 private:
  static Term term(int input, int baby, int weight) { return {input, RotationStep(baby), WeightId(weight)}; }

  void set_input() {
    program_.input_spec = {1, 3, 4, 1.0 / 255.0, {0.5}, {0.25}, false, true, -2.0, 2.0};
    const auto slots = std::size_t{1} << (options_.log_n - 1);
    program_.input_packing = {2, std::vector<std::int32_t>(2 * 2 * slots, InputPacking::kZero)};
    for (std::size_t i = 0; i < 2 * 2 * slots; i += 3) {
      program_.input_packing.element[i] = static_cast<std::int32_t>(i % 12);
    }
  }

  ValueId put(Operation operation, int level, const Scale& scale, int stage) {
    program_.instructions.push_back({std::move(operation), Level(level), scale, stage});
    return ValueId(static_cast<int>(program_.instructions.size()) - 1);
  }

  Scale scale_of(ValueId value) const { return program_.instructions[static_cast<std::size_t>(value.value())].scale; }

  void add_weights(int count, int level, const Scale& scale, bool extended) {
    for (int i = 0; i < count; ++i) program_.weights.push_back({Level(level), scale, extended});
  }

  TinyOptions options_;
  Program program_;
};

inline Program tiny_program(const TinyOptions& options = {}) {
  return TinyBuilder(options).build();
}

}  // namespace obscura::plan::program::testing
