#include "bench/operations/bootstrap_work.hpp"

#include <gtest/gtest.h>

#include "bench/operations/engine.hpp"
#include "fhe/boot/bootstrapper.hpp"

namespace obscura::bench::operations {
namespace {

const Shape kDeep{{9, {44, 36, 36, 36, 36, 44, 44, 44, 44, 44, 44, 44, 20, 44, 44, 44, 44}, {45, 45, 45}}, true};

TEST(BootstrapWork, CountsTheBytesOfTheMatrices) {
  const auto engine = Engine::create(kDeep, {}).value();
  for (const int log_slots : {8, 6}) {
    fhe::params::BootstrapLiteral literal{.log_slots = log_slots, .baby_steps = 3};
    literal.slots_to_coeffs = literal.coeffs_to_slots = {log_slots - 4, 2, 2};
    const auto bootstrap = fhe::params::BootstrapParams::create(engine->params(), literal).value();
    const auto scale = fhe::params::Scale::power_of_two(33);
    const fhe::boot::Bootstrapper bootstrapper(engine->context(), bootstrap, {{scale, scale}});
    EXPECT_EQ(bootstrap_work(engine->params(), bootstrap).diagonal_bytes, bootstrapper.diagonal_bytes());
  }
}

TEST(BootstrapWork, AddsUp) {
  const auto params = fhe::params::ParamSet::create_insecure({kDeep.literal}).value();
  fhe::params::BootstrapLiteral literal{.log_slots = 8, .slots_to_coeffs = {3, 3, 2}, .coeffs_to_slots = {2, 3, 3}};
  const BootstrapWork both = bootstrap_work(params, fhe::params::BootstrapParams::create(params, literal).value());
  literal.real = true;
  const BootstrapWork one = bootstrap_work(params, fhe::params::BootstrapParams::create(params, literal).value());
  EXPECT_NEAR(both.total().transforms - one.total().transforms, one.eval_mod.transforms, 1e-6);
  EXPECT_EQ(one.trace.transforms, 0);
  EXPECT_GT(one.coeffs_to_slots.transforms, one.slots_to_coeffs.transforms);
}

}  // namespace
}  // namespace obscura::bench::operations
