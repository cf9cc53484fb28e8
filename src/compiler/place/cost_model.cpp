#include "compiler/place/cost_model.hpp"

#include <set>
#include <utility>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {

namespace program = plan::program;

double Work::microseconds(const CostRow& row) const {
  return ntts * row.ntt_us + multiplies * row.multiply_us + streams * row.stream_us + reads * row.read_us;
}

ModulusShape ModulusShape::uniform(int log_n, int primes, int special, int digit_primes) {
  ModulusShape shape{log_n, special, {}};
  for (int level = 0; level < primes; ++level) shape.digits.push_back(level / digit_primes + 1);
  return shape;
}

ModulusShape ModulusShape::of(const fhe::params::ParamSet& params) {
  ModulusShape shape{params.log_n(), static_cast<int>(params.p().size()), {}};
  for (int level = 0; level <= params.max_level().value(); ++level) {
    shape.digits.push_back(params.digit_count(fhe::params::Level(level)));
  }
  return shape;
}

TransformShape shape_of(const program::Linear& linear) {
  TransformShape shape;
  std::set<std::pair<int, program::RotationStep>> babies;
  std::set<int> operands;
  for (const program::GiantStep& step : linear.steps) {
    const bool plain = step.giant == program::RotationStep(0);
    shape.plain_giant = shape.plain_giant || plain;
    shape.giants += plain ? 0 : 1;
    shape.terms += static_cast<int>(step.terms.size());
    for (const program::Term& term : step.terms) {
      if (term.baby == program::RotationStep(0)) continue;
      babies.insert({term.input, term.baby});
      operands.insert(term.input);
    }
  }
  shape.babies = static_cast<int>(babies.size());
  shape.hoisted_operands = static_cast<int>(operands.size());
  shape.extended = linear.extended;
  return shape;
}

Work CostModel::read_ciphertext(int level) const {
  return {0, 0, 0, 2.0 * (level + 1)};
}

Work CostModel::mod_up(int level) const {
  const double digits = shape_.digits[static_cast<std::size_t>(level)];
  const double limbs = digits * (level + 1.0 + shape_.special);
  // Every residue of a digit takes part in every limb that the digit is lifted to.
  return {limbs, limbs * (level + 1.0) / digits, 0, 0};
}

Work CostModel::inner_product(int level) const {
  return {0, 0, 2.0 * shape_.digits[static_cast<std::size_t>(level)] * (level + 1 + shape_.special), 0};
}

Work CostModel::mod_down(int level, int polynomials) const {
  const double own = level + 1;
  return polynomials * Work{own + shape_.special, own * (1 + shape_.special), 0, 0};
}

Work CostModel::key_switch(int level) const {
  return mod_up(level) + inner_product(level) + mod_down(level, 2);
}

Work CostModel::square(int level) const {
  return Work{0, 3.0 * (level + 1), 0, 0} + key_switch(level);
}

Work CostModel::multiply(int level) const {
  return Work{0, 4.0 * (level + 1), 0, 0} + key_switch(level);
}

Work CostModel::change_scale(int level) const {
  // Of each polynomial: the integer meets every limb; the last one is transformed back, and then for each other.
  return 2 * Work{level + 1.0, 2.0 * level + 1.0, 0, 0};
}

Work CostModel::transform(const TransformShape& transform, int level) const {
  const double limbs = level + 1 + (transform.extended ? shape_.special : 0);
  // Both halves of the weight come from memory, and so do, as good as, those of the rotated operand.
  Work work = transform.terms * Work{0, 0, 3 * limbs, 0};
  work += transform.hoisted_operands * mod_up(level) + transform.babies * inner_product(level);
  if (!transform.extended) work += transform.babies * mod_down(level, 2);
  // What goes through a key: the quadratic part of each giant step, the linear one too where it is rotated.
  const int switched = 2 * transform.giants + (transform.plain_giant ? 1 : 0);
  if (transform.extended) work += switched * mod_down(level, 1);
  work += switched * (mod_up(level) + inner_product(level));
  return work + mod_down(level, 2);
}

// From the level down, a matrix at each. Clear diagonals come from memory once, for both halves of a ciphertext; all
// giant steps but one rotate the sum so far.
Work CostModel::matrices(const std::vector<fhe::params::RotationPlan>& plans, int level) const {
  Work work;
  for (const fhe::params::RotationPlan& plan : plans) {
    const double limbs = level + 1 + shape_.special;
    work += plan.offsets * Work{0, limbs, limbs, 0};
    work += mod_up(level) + plan.babies * inner_product(level) + mod_down(level, 2);
    work += (plan.giants - 1) * (mod_down(level, 1) + mod_up(level) + inner_product(level));
    --level;
  }
  return work;
}

Work CostModel::bootstrap(const fhe::params::BootstrapLiteral& literal) const {
  const int top = static_cast<int>(shape_.digits.size()) - 1;
  int level = top - static_cast<int>(literal.coeffs_to_slots.size());
  Work work =
      matrices(fhe::params::slots_to_coeffs_rotations(literal), static_cast<int>(literal.slots_to_coeffs.size()));
  work += key_switch(top) + Work{2.0 * (top + 1), 0, 0, 0};
  work += (shape_.log_n - 1 - literal.log_slots) * key_switch(top);
  work += matrices(fhe::params::coeffs_to_slots_rotations(literal), top) + key_switch(level);
  // EvalMod: two squarings, a polynomial by baby and giant steps in as many levels as its degree has bits, and a
  // squaring for each double angle. The second squaring is divided by two primes.
  Work reduce = square(level) + square(level - 1);
  level -= 3;
  const int levels = fhe::params::cosine_levels(literal) - 1;
  for (int i = 0; i < levels; ++i) reduce += 2 * multiply(level - i);
  level -= levels;
  for (int i = 0; i < literal.double_angles; ++i) reduce += square(level - i);
  return work + (literal.real ? 1 : 2) * reduce;
}

std::vector<Work> CostModel::program(const program::Program& program) const {
  std::vector<Work> work;
  for (const program::Instruction& instruction : program.instructions) {
    const int level = program::working_level(instruction).value();
    const Work addition{0, level + 1.0, 0, 0};
    work.push_back(std::visit(
        program::Match{
            [&](const program::Input&) { return read_ciphertext(level); },
            [&](const program::Linear& linear) { return transform(shape_of(linear), level); },
            [&](const program::Join&) {
              OBSCURA_CHECK(false, "only the merge of a stage joins");
              return addition;
            },
            [&](const program::AddBias&) { return addition; }, [&](const program::Square&) { return square(level); },
            [&](const program::Rotate&) { return key_switch(level); },
            [&](const program::Conjugate&) { return key_switch(level); },
            [&](const program::MultiplyByI&) { return addition; }, [&](const program::Add&) { return addition; },
            [&](const program::Multiply&) { return multiply(level); },
            [&](const program::ChangeScale&) { return change_scale(level); },
            [&](const program::Bootstrap&) { return bootstrap(program.bootstrap.value()); }},
        instruction.operation));
  }
  return work;
}

}  // namespace obscura::compiler::place
