#pragma once

#include <vector>

#include "compiler/place/cost_table.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/bootstrap_rotations.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// Work on limbs, of which a cost table knows the times.
struct Work {
  double ntts = 0;
  double multiplies = 0;  ///< multiply-accumulates with operands in cache
  double streams = 0;     ///< multiply-accumulates with a limb of a key or a weight, which comes from memory
  double reads = 0;       ///< limbs of a request

  Work& operator+=(const Work& other) {
    ntts += other.ntts;
    multiplies += other.multiplies;
    streams += other.streams;
    reads += other.reads;
    return *this;
  }
  [[nodiscard]] double microseconds(const CostRow& row) const;
};
[[nodiscard]] inline Work operator+(Work left, const Work& right) {
  return left += right;
}
[[nodiscard]] inline Work operator*(double count, const Work& work) {
  return {count * work.ntts, count * work.multiplies, count * work.streams, count * work.reads};
}

/// What of a parameter set decides its speed.
struct ModulusShape {
  int log_n = 0;
  int special = 1;          ///< special primes
  std::vector<int> digits;  ///< gadget digits by level; its size is the number of primes

  /// Digits of `digit_primes` primes each.
  [[nodiscard]] static ModulusShape uniform(int log_n, int primes, int special, int digit_primes);
  [[nodiscard]] static ModulusShape of(const fhe::params::ParamSet& params);
};

/// Sizes of a linear transform; see plan::program::Linear.
struct TransformShape {
  int hoisted_operands = 0;
  int terms = 0;
  int babies = 0;
  int giants = 0;
  bool plain_giant = false;
  bool extended = false;
};
[[nodiscard]] TransformShape shape_of(const plan::program::Linear& linear);

/// Counts the work of each operation at a level of work, as the executor does it with encrypted weights
/// (fhe/circuits/linear_transform.hpp; DESIGN section 4).
class CostModel {
 public:
  explicit CostModel(ModulusShape shape) : shape_(std::move(shape)) {}

  [[nodiscard]] Work read_ciphertext(int level) const;
  /// Rotation, conjugation or relinearisation by itself.
  [[nodiscard]] Work key_switch(int level) const;
  /// Rescaled, as any division by P can be without further cost: one division by P q_l.
  [[nodiscard]] Work square(int level) const;
  [[nodiscard]] Work multiply(int level) const;
  [[nodiscard]] Work change_scale(int level) const;
  /// Of a program whose chain is of this shape: the matrices in the clear, EvalMod once for real values, else twice.
  [[nodiscard]] Work bootstrap(const fhe::params::BootstrapLiteral& literal) const;
  [[nodiscard]] Work transform(const TransformShape& transform, int level) const;
  /// Instruction by instruction, for a program whose levels stand. [instructions]
  [[nodiscard]] std::vector<Work> program(const plan::program::Program& program) const;

 private:
  [[nodiscard]] Work mod_up(int level) const;
  [[nodiscard]] Work mod_down(int level, int polynomials) const;
  [[nodiscard]] Work inner_product(int level) const;
  [[nodiscard]] Work matrices(const std::vector<fhe::params::RotationPlan>& plans, int level) const;

  ModulusShape shape_;
};

}  // namespace obscura::compiler::place
