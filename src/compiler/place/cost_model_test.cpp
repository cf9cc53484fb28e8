#include "compiler/place/cost_model.hpp"

#include <gtest/gtest.h>

#include "fhe/params/bootstrap_presets.hpp"
#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"

namespace obscura::compiler::place {
namespace {

// Counts by hand for six primes, one special prime, one prime per digit.
TEST(CostModel, CountsNumberTheoreticTransforms) {
  const CostModel model(ModulusShape::uniform(13, 6, 1, 1));
  // 6 inverse; each of 6 digits to the 6 other limbs; two polynomials: 1 inverse, 6 forward each.
  EXPECT_EQ(model.key_switch(5).ntts, 6 + 36 + 14);
  EXPECT_EQ(model.key_switch(0).ntts, 1 + 1 + 4);
  EXPECT_EQ(model.square(4).ntts, model.key_switch(4).ntts);
  EXPECT_EQ(model.read_ciphertext(5).reads, 12);
}

TEST(CostModel, CountsEachInstructionAtItsLevelOfWork) {
  const auto program = plan::program::testing::branched_program();
  const CostModel model(ModulusShape::uniform(5, 5, 1, 1));
  const auto work = model.program(program);
  EXPECT_EQ(work[4].ntts, model.square(3).ntts);
  EXPECT_EQ(work[5].ntts, model.multiply(3).ntts);
  EXPECT_GT(work[5].multiplies, work[4].multiplies);
  EXPECT_EQ(work[6].ntts, 2 * (1 + 2)) << "one limb back, two forth, in both polynomials";
  EXPECT_EQ(work[7].multiplies, 2) << "a sum at level 1 of operands at levels 1 and 2";
  EXPECT_EQ(work[9].ntts, model.key_switch(2).ntts);
}

TEST(CostModel, TransformWithoutRotationsIsOneRelinearisation) {
  const CostModel model(ModulusShape::uniform(13, 6, 1, 1));
  TransformShape shape;
  shape.terms = 4;
  shape.plain_giant = true;
  EXPECT_EQ(model.transform(shape, 5).ntts, model.key_switch(5).ntts);
}

TEST(CostModel, HoistedRotationsInQpCostNoTransforms) {
  const CostModel model(ModulusShape::uniform(13, 4, 1, 1));
  TransformShape few{1, 4, 3, 0, true, true};
  TransformShape many{1, 14, 13, 0, true, true};
  EXPECT_EQ(model.transform(few, 3).ntts, model.transform(many, 3).ntts);
  EXPECT_GT(model.transform(many, 3).streams, model.transform(few, 3).streams);
  TransformShape plain{1, 14, 13, 0, true, false};
  EXPECT_EQ(model.transform(plain, 3).ntts, 20 + 13 * 10 + model.key_switch(3).ntts);
  // The quadratic part is divided by P before it is switched.
  EXPECT_EQ(model.transform(many, 3).ntts, 20 + 5 + model.key_switch(3).ntts);
}

TEST(CostModel, RotatedGiantStepsSwitchTwoParts) {
  const CostModel model(ModulusShape::uniform(13, 4, 1, 1));
  const TransformShape one{0, 1, 0, 0, true, true};
  const TransformShape two{0, 2, 0, 1, true, true};
  EXPECT_EQ(model.transform(two, 3).ntts - model.transform(one, 3).ntts, 2 * (5 + 20));
}

TEST(CostModel, DigitsOfSeveralPrimesSaveTransforms) {
  EXPECT_EQ(ModulusShape::uniform(13, 5, 1, 2).digits, (std::vector<int>{1, 1, 2, 2, 3}));
  EXPECT_EQ(CostModel(ModulusShape::uniform(13, 6, 1, 2)).key_switch(5).ntts, 3 * 7 + 14);
}

TEST(CostModel, TakesDigitsFromParameters) {
  const auto params = fhe::params::ParamSet::create({13, {27, 27, 29, 29, 29, 29}, {37}, fhe::params::Security::k128});
  ASSERT_TRUE(params.has_value());
  const ModulusShape shape = ModulusShape::of(*params);
  EXPECT_EQ(shape.digits, (std::vector<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(shape.special, 1);
}

// Phase by phase for the preset: three matrices each way, a polynomial of degree 15 in the fourfold angle.
TEST(CostModel, BootstrapsAreTheirMatricesAndProducts) {
  const fhe::params::BootstrapPreset preset = fhe::params::bootstrap_presets().front();
  const auto params = fhe::params::ParamSet::create(preset.params).value();
  const CostModel model(ModulusShape::of(params));
  const auto key_switches = [&](int from, int to, int each) {
    double ntts = 0;
    for (int level = from; level > to; --level) ntts += each * model.key_switch(level).ntts;
    return ntts;
  };
  fhe::params::BootstrapLiteral real = preset.bootstrap;
  real.real = true;
  // Level 25, 24, two products at each of 22, 21 and 20, and 19 to 17.
  const double eval_mod = key_switches(25, 23, 1) + key_switches(22, 19, 2) + key_switches(19, 16, 1);
  EXPECT_EQ(model.bootstrap(preset.bootstrap).ntts - model.bootstrap(real).ntts, eval_mod);
  fhe::params::BootstrapLiteral fewer = real;
  fewer.log_slots = 13;
  fewer.slots_to_coeffs = {5, 4, 4};
  fewer.coeffs_to_slots = {4, 4, 5};
  EXPECT_LT(model.bootstrap(fewer).streams, model.bootstrap(real).streams) << "fewer diagonals, two steps of a trace";
  const auto program = plan::program::testing::deep_program();
  const CostModel of_program(ModulusShape::of(plan::program::make_params(program).value()));
  EXPECT_EQ(of_program.program(program)[4].ntts, of_program.bootstrap(*program.bootstrap).ntts);
}

}  // namespace
}  // namespace obscura::compiler::place
