#pragma once

#include <complex>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compiler/pack/rotation_split.hpp"
#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::pack {

using SlotValues = std::vector<std::complex<double>>;

/// A transform before it is split into baby and giant steps: the diagonal that multiplies operand
/// `first` rotated by `second` slots. [slots] values each.
using RotatedDiagonals = std::map<std::pair<int, int>, SlotValues>;

/// Writes instructions and clear weights one after the other. Levels and scales are left at their
/// defaults: the placement fills them in.
class ProgramBuilder {
 public:
  explicit ProgramBuilder(int log_n);

  [[nodiscard]] int slots() const { return slots_; }
  /// Instructions that follow belong to this stage.
  void begin_stage(std::string name, std::string kind);
  plan::program::ValueId input(int index);
  plan::program::ValueId linear(const std::vector<plan::program::ValueId>& operands, RotatedDiagonals diagonals,
                                const RotationSplit& split, bool extended);
  plan::program::ValueId add_bias(plan::program::ValueId operand, SlotValues values);
  plan::program::ValueId square(plan::program::ValueId operand);
  /// Its result stands at the level `to`, whatever the placement finds to be the lowest.
  plan::program::ValueId bootstrap(plan::program::ValueId operand, int log2_range, plan::program::Level from,
                                   plan::program::Level to);
  plan::program::ValueId multiply(plan::program::ValueId left, plan::program::ValueId right);
  plan::program::ValueId add(plan::program::ValueId left, plan::program::ValueId right);
  /// x + rot_step(x).
  plan::program::ValueId fold(plan::program::ValueId operand, int step);
  /// x + rot_step(-i x): the imaginary half, `step` slots further on, is added to the real half.
  plan::program::ValueId fold_imaginary(plan::program::ValueId operand, int step);
  /// `count` (a power of two) values at distance `step`, summed by doubling.
  plan::program::ValueId fold_all(plan::program::ValueId operand, int step, int count);
  /// x + conj(x): twice the real half.
  plan::program::ValueId add_conjugate(plan::program::ValueId operand);

  [[nodiscard]] plan::program::Program& program() { return program_; }
  [[nodiscard]] plan::weights::Weights& weights() { return weights_; }

 private:
  plan::program::ValueId append(plan::program::Operation operation);
  plan::program::WeightId add_weight(SlotValues values, bool extended);

  int slots_;
  plan::program::Program program_;
  plan::weights::Weights weights_;
};

}  // namespace obscura::compiler::pack
