#include "fhe/params/bootstrap_params.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace obscura::fhe::params {
namespace {

std::vector<int> chain(int usable) {
  std::vector<int> bits{50, 40, 40, 40};
  bits.insert(bits.end(), static_cast<std::size_t>(usable), 40);
  for (const int size : {50, 50, 50, 50, 50, 50, 43, 23, 50, 50, 50, 50}) bits.push_back(size);
  return bits;
}

ParamSet insecure(int log_n, int usable) {
  return ParamSet::create_insecure({{log_n, chain(usable), {50, 50, 50}, Security::k128}}).value();
}

const BootstrapLiteral kLiteral{.log_slots = 9, .slots_to_coeffs = {3, 3, 3}, .coeffs_to_slots = {3, 3, 3}};

TEST(BootstrapParams, DivideTheChain) {
  const ParamSet params = insecure(10, 4);
  const auto made = BootstrapParams::create(params, kLiteral).value();
  EXPECT_EQ(made.input_level(), Level(3));
  EXPECT_EQ(made.output_level(), Level(7));
  EXPECT_EQ(made.usable_levels(), 4);
  EXPECT_EQ(made.eval_mod_depth(), 2 + 4 + 3);
  EXPECT_EQ(made.eval_mod_level(), Level(16));
  EXPECT_EQ(made.top_level(), Level(19));
  EXPECT_EQ(made.bottom_scale() * Scale::power_of_two(11), Scale::power_of_two(0).times_prime(PrimeIndex(0)));
  EXPECT_LT(made.log2_failure(), -64);
}

TEST(BootstrapParams, RealValuesHaveHalfAsManyCoefficientsThatMayFail) {
  const ParamSet params = insecure(10, 4);
  BootstrapLiteral real = kLiteral;
  real.real = true;
  EXPECT_NEAR(
      BootstrapParams::create(params, kLiteral)->log2_failure() - BootstrapParams::create(params, real)->log2_failure(),
      1, 1e-9);
}

base::ErrorCode refusal(const ParamSet& params, const BootstrapLiteral& literal) {
  const auto made = BootstrapParams::create(params, literal);
  EXPECT_FALSE(made.has_value());
  if (made.has_value()) return base::ErrorCode::kUsage;
  EXPECT_FALSE(made.error().hint.empty());
  return made.error().code;
}

template <class Change>
BootstrapLiteral changed(Change change) {
  BootstrapLiteral literal = kLiteral;
  change(literal);
  return literal;
}

TEST(BootstrapParams, RefuseWhatDoesNotFit) {
  const ParamSet params = insecure(10, 4);
  constexpr auto kUnsupported = base::ErrorCode::kUnsupported;
  EXPECT_EQ(refusal(insecure(10, 0), kLiteral), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.log_slots = 10; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.slots_to_coeffs = {3, 3}; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.coeffs_to_slots = {9, 0}; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.cosine_degree = 31; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.cosine_degree = 64; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.baby_steps = 0; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.message_ratio_bits = 1; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.double_angles = 7; })), kUnsupported);
  EXPECT_EQ(refusal(params, changed([](auto& l) { l.range = 12; })), base::ErrorCode::kLimit);
}

TEST(BootstrapParams, RefuseScalesThatDrift) {
  std::vector<int> bits = chain(4);
  bits[bits.size() - 5] = 24;
  const ParamSet params = ParamSet::create_insecure({{10, bits, {50, 50, 50}, Security::k128}}).value();
  EXPECT_EQ(refusal(params, kLiteral), base::ErrorCode::kUnsupported);
}

TEST(BootstrapParams, RefusePrimesOfEvalModThatDifferFromTheFourth) {
  // EvalMod is at levels 16 to 8: those below its fourth prime, and the prime below it, which is a usable one.
  for (int level = 7; level <= 12; ++level) {
    std::vector<int> bits = chain(4);
    bits[static_cast<std::size_t>(level)] = 46;
    const auto params = ParamSet::create_insecure({{10, bits, {50, 50, 50}, Security::k128}}).value();
    const auto made = BootstrapParams::create(params, kLiteral);
    EXPECT_EQ(made.has_value(), level == 7) << level;
    if (made.has_value()) continue;
    EXPECT_EQ(made.error().code, base::ErrorCode::kUnsupported);
    EXPECT_THAT(made.error().message, testing::HasSubstr("at level " + std::to_string(level))) << made.error().message;
  }
}

TEST(BootstrapParams, RefuseASparseSecretWhereItIsNotSecure) {
  const ParamLiteral small{15, {50, 40, 40}, {50}, Security::k128};
  BootstrapLiteral literal = kLiteral;
  EXPECT_EQ(refusal(ParamSet::create(small).value(), literal), base::ErrorCode::kInsecure);
  const ParamLiteral strong{16, {50, 40, 40}, {50}, Security::k192};
  EXPECT_EQ(refusal(ParamSet::create(strong).value(), literal), base::ErrorCode::kInsecure);
}

TEST(BootstrapParams, AllowASparseSecretWhereItIsSecure) {
  EXPECT_TRUE(check_sparse_secret(ParamSet::create({16, {50, 40, 40}, {50}, Security::k128}).value()).has_value());
  EXPECT_TRUE(check_sparse_secret(insecure(10, 4)).has_value());
}

}  // namespace
}  // namespace obscura::fhe::params
