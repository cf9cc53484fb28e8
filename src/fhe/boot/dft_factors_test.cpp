#include "fhe/boot/dft_factors.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "fhe/params/bootstrap_rotations.hpp"

namespace obscura::fhe::boot {
namespace {

using Values = std::vector<std::complex<double>>;
constexpr std::uint64_t kSeed = 20261126;

Values times(const DiagonalMatrix& matrix, const Values& x) {
  const auto n = static_cast<int>(x.size());
  Values y(x.size());
  for (const auto& [offset, diagonal] : matrix.diagonals) {
    for (int j = 0; j < n; ++j) {
      y[static_cast<std::size_t>(j)] +=
          diagonal[static_cast<std::size_t>(j) % diagonal.size()] * x[static_cast<std::size_t>((j + offset + n) % n)];
    }
  }
  return y;
}

Values apply_all(const std::vector<DiagonalMatrix>& factors, Values x) {
  for (const DiagonalMatrix& factor : factors) x = times(factor, x);
  return x;
}

/// Slot j is u(zeta^(5^j)), by the definition, with the coefficients in reversed order of bits.
Values slots_of_reversed(const Values& reversed, int log_slots) {
  const std::size_t n = reversed.size();
  Values slots(n);
  std::size_t power = 1;
  for (std::complex<double>& slot : slots) {
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t from = 0;
      for (int bit = 0; bit < log_slots; ++bit) from |= ((k >> bit) & 1) << (log_slots - 1 - bit);
      const double angle = std::numbers::pi / static_cast<double>(2 * n) * static_cast<double>(power * k % (4 * n));
      slot += reversed[from] * std::polar(1.0, angle);
    }
    power = power * 5 % (4 * n);
  }
  return slots;
}

Values random_values(std::size_t count) {
  std::mt19937_64 generator(kSeed);
  std::uniform_real_distribution<double> draw(-1, 1);
  Values values(count);
  for (auto& value : values) value = {draw(generator), draw(generator)};
  return values;
}

double largest_difference(const Values& a, const Values& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

// Sums of n values of modulus at most sqrt 2, each with a relative error of a few units in the last place per stage.
double rounding(std::size_t n) {
  return static_cast<double>(n) * std::sqrt(2.0) * 64 * 0x1p-53;
}

const std::vector<std::vector<int>> kDivisions = {{6}, {3, 3}, {1, 2, 3}, {4, 2}, {2, 2, 2}, {1, 1, 1, 1, 1, 1}};

TEST(DftFactors, TogetherTakeCoefficientsToSlots) {
  const Values u = random_values(64);
  const Values expected = slots_of_reversed(u, 6);
  for (const std::vector<int>& stages : kDivisions) {
    EXPECT_LT(largest_difference(apply_all(slots_to_coeffs_factors(6, stages), u), expected), rounding(64));
  }
}

TEST(DftFactors, OfTheOtherDirectionAreTheInverse) {
  const Values u = random_values(64);
  const Values slots = slots_of_reversed(u, 6);
  for (const std::vector<int>& stages : kDivisions) {
    EXPECT_LT(largest_difference(apply_all(coeffs_to_slots_factors(6, stages), slots), u), rounding(64));
  }
}

TEST(DftFactors, OfOneSlotIsTrivial) {
  const Values u = random_values(2);
  const std::vector<int> one{1};
  EXPECT_LT(largest_difference(apply_all(slots_to_coeffs_factors(1, one), u), slots_of_reversed(u, 1)), rounding(2));
}

TEST(DftFactors, HaveTheOffsetsOfTheirPlanAndNoOthers) {
  for (const std::vector<int>& stages : kDivisions) {
    for (const int babies : {1, 3, 8, 64}) {
      const params::BootstrapLiteral literal{
          .log_slots = 6, .slots_to_coeffs = stages, .coeffs_to_slots = stages, .baby_steps = babies};
      const auto check = [&](const std::vector<DiagonalMatrix>& factors,
                             const std::vector<params::RotationPlan>& plans) {
        ASSERT_EQ(factors.size(), plans.size());
        for (std::size_t i = 0; i < factors.size(); ++i) {
          const params::RotationPlan& plan = plans[i];
          EXPECT_LE(plan.babies, babies);
          std::size_t covered = 0;
          for (int unit = plan.first; unit < plan.first + plan.babies * plan.giants; ++unit) {
            const bool plain = factors[i].diagonals.contains(unit * plan.stride);
            const bool wrapped =
                plan.first == 0 && unit * plan.stride < 64 && factors[i].diagonals.contains(unit * plan.stride - 64);
            covered += plain || wrapped ? 1 : 0;
          }
          EXPECT_EQ(covered, factors[i].diagonals.size());
          EXPECT_EQ(static_cast<std::size_t>(plan.offsets), factors[i].diagonals.size());
        }
      };
      check(slots_to_coeffs_factors(6, stages), params::slots_to_coeffs_rotations(literal));
      check(coeffs_to_slots_factors(6, stages), params::coeffs_to_slots_rotations(literal));
    }
  }
}

TEST(DftFactors, OfBothDirectionsShareTheirRotations) {
  params::BootstrapLiteral literal{.log_slots = 9, .slots_to_coeffs = {4, 3, 2}, .coeffs_to_slots = {2, 3, 4}};
  std::vector<params::RotationPlan> back = params::coeffs_to_slots_rotations(literal);
  std::reverse(back.begin(), back.end());
  EXPECT_EQ(params::slots_to_coeffs_rotations(literal), back);
}

}  // namespace
}  // namespace obscura::fhe::boot
