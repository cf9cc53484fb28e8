#include "bench/operations/bootstrap_work.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fhe/circuits/polynomial.hpp"
#include "fhe/params/bootstrap_rotations.hpp"

namespace obscura::bench::operations {

namespace {

namespace circuits = fhe::circuits;
using fhe::params::BootstrapParams;
using fhe::params::Level;
using fhe::params::ParamSet;
using fhe::params::RotationPlan;
using fhe::params::RotationStep;

/// The transform of a plan, with a diagonal for each of its offsets.
circuits::LinearTransform transform_of(const RotationPlan& plan) {
  circuits::LinearTransform transform;
  int left = plan.offsets;
  for (int giant = 0; giant < plan.giants; ++giant) {
    circuits::GiantStep step{RotationStep(giant * plan.babies * plan.stride), {}};
    for (int baby = 0; baby < plan.babies && left > 0; ++baby, --left) {
      step.terms.push_back({0, RotationStep((plan.first + baby) * plan.stride), 0});
    }
    transform.steps.push_back(std::move(step));
  }
  return transform;
}

/// Matrices from `level` down.
Work transforms_work(const ParamSet& params, const std::vector<RotationPlan>& plans, Level level,
                     double& diagonal_bytes) {
  Work work;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const WorkModel at(params, Level(level.value() - static_cast<int>(i)));
    const circuits::LinearTransform transform = transform_of(plans[i]);
    const double terms = plans[i].offsets;
    // Two words for each value of a diagonal.
    const double bytes = at.memory(terms * at.extended_limbs()).bytes * plans[i].period / params.slots();
    diagonal_bytes += bytes;
    work = work + at.extended_transform(transform, false) + at.memory(4 * at.limbs()) +
           -terms * at.memory(at.extended_limbs()) + Work{.bytes = bytes};
  }
  return work;
}

/// One product: tensor, key switch and rescale, with both factors.
Work product_work(const ParamSet& params, int level) {
  const WorkModel at(params, Level(level));
  return at.key_switch(true) + at.memory(4 * at.limbs()) +
         Work{.lane_ops = at.limbs() * (4 * kMultiplyAdd + 3 * kReduction + 2 * kScaling)};
}

Work eval_mod_work(const ParamSet& params, const BootstrapParams& bootstrap) {
  const int top = bootstrap.eval_mod_level().value();
  const std::vector<double> dense(static_cast<std::size_t>(bootstrap.literal().cosine_degree / 2) + 1, 1.0);
  Work work = product_work(params, top) + product_work(params, top - 1);
  const std::vector<int> depths = circuits::polynomial_products(dense);
  for (std::size_t i = 1; i < depths.size(); ++i) work = work + product_work(params, top - 2 - depths[i]);
  for (int i = bootstrap.literal().double_angles; i > 0; --i) {
    work = work + product_work(params, bootstrap.output_level().value() + i);
  }
  return work;
}

}  // namespace

Work BootstrapWork::total() const {
  return slots_to_coeffs + raise + trace + coeffs_to_slots + split + eval_mods * eval_mod;
}

BootstrapWork bootstrap_work(const ParamSet& params, const BootstrapParams& bootstrap) {
  const fhe::params::BootstrapLiteral& literal = bootstrap.literal();
  const WorkModel top(params, bootstrap.top_level());
  const WorkModel reduced(params, bootstrap.eval_mod_level());
  const double rotations = params.log_n() - 1 - literal.log_slots;
  BootstrapWork work;
  work.slots_to_coeffs = transforms_work(params, fhe::params::slots_to_coeffs_rotations(literal),
                                         bootstrap.input_level(), work.diagonal_bytes);
  work.raise = Work{.transforms = 2 * top.limbs() + 6} + top.key_switch(false) + top.memory(4 * top.limbs());
  work.trace = rotations * (top.key_switch(false) + top.memory(6 * top.limbs()));
  work.coeffs_to_slots = transforms_work(params, fhe::params::coeffs_to_slots_rotations(literal), bootstrap.top_level(),
                                         work.diagonal_bytes);
  work.split = reduced.key_switch(false) + reduced.memory(6 * reduced.limbs());
  work.eval_mod = eval_mod_work(params, bootstrap);
  work.eval_mods = literal.real ? 1 : 2;
  return work;
}

}  // namespace obscura::bench::operations
