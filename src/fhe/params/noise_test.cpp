#include "fhe/params/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace obscura::fhe::params {
namespace {

constexpr unsigned kSeed = 77;
using RealPoly = std::vector<double>;

/// Draws polynomials of the distributions that the model assumes, and multiplies them the slow way.
class Simulation {
 public:
  explicit Simulation(int degree) : degree_(static_cast<std::size_t>(degree)), random_(kSeed) {}

  RealPoly uniform(double half_width) {
    std::uniform_real_distribution<double> draw(-half_width, half_width);
    return fill([&] { return draw(random_); });
  }
  RealPoly ternary() {
    std::uniform_int_distribution<int> draw(-1, 1);
    return fill([&] { return static_cast<double>(draw(random_)); });
  }
  RealPoly error() {
    std::binomial_distribution<int> draw(42, 0.5);
    return fill([&] { return draw(random_) - 21.0; });
  }

  static RealPoly multiply(const RealPoly& a, const RealPoly& b) {
    RealPoly c(a.size(), 0.0);
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        const std::size_t k = i + j;
        if (k < a.size()) {
          c[k] += a[i] * b[j];
        } else {
          c[k - a.size()] -= a[i] * b[j];
        }
      }
    }
    return c;
  }

  static RealPoly sum(RealPoly a, const RealPoly& b, double factor = 1) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
    return a;
  }

  /// log2 of the standard deviation of all coefficients over the trials.
  static double log2_deviation(int trials, const std::function<RealPoly()>& draw) {
    double squares = 0;
    double count = 0;
    for (int t = 0; t < trials; ++t) {
      for (const double x : draw()) squares += x * x, count += 1;
    }
    return 0.5 * std::log2(squares / count);
  }

 private:
  RealPoly fill(const std::function<double()>& draw) {
    RealPoly poly(degree_);
    for (double& x : poly) x = draw();
    return poly;
  }
  std::size_t degree_;
  std::mt19937_64 random_;
};

class NoiseModelTest : public testing::Test {
 protected:
  NoiseModelTest()
      : params_(std::move(*ParamSet::create_insecure({{6, {50, 30, 30, 30, 40}, {40, 45}, Security::k128}}))),
        model_(params_),
        simulation_(params_.degree()) {
    RecordProperty("seed", static_cast<int>(kSeed));
  }
  ParamSet params_;
  NoiseModel model_;
  Simulation simulation_;
};

using NoiseModelDeathTest = NoiseModelTest;

TEST_F(NoiseModelTest, EncodeRounds) {
  EXPECT_NEAR(std::log2(model_.encode()), Simulation::log2_deviation(200, [&] { return simulation_.uniform(0.5); }),
              0.05);
}

TEST_F(NoiseModelTest, SymmetricEncryptionAddsOneError) {
  EXPECT_NEAR(model_.encrypt_symmetric(), 3.2404, 1e-4);
  EXPECT_NEAR(std::log2(model_.encrypt_symmetric()),
              Simulation::log2_deviation(200, [&] { return simulation_.error(); }), 0.05);
}

TEST_F(NoiseModelTest, DivisionRounds) {
  const double measured = Simulation::log2_deviation(300, [&] {
    return Simulation::sum(Simulation::multiply(simulation_.uniform(0.5), simulation_.ternary()),
                           simulation_.uniform(0.5));
  });
  EXPECT_NEAR(std::log2(model_.division_rounding()), measured, 0.1);
}

TEST_F(NoiseModelTest, PublicEncryptionDividesItsErrorByP) {
  const double measured = Simulation::log2_deviation(300, [&] {
    const RealPoly masked = Simulation::multiply(simulation_.ternary(), simulation_.error());
    const RealPoly keyed = Simulation::multiply(simulation_.ternary(), simulation_.error());
    return Simulation::sum(Simulation::sum(masked, keyed), simulation_.error());
  });
  // One special prime of 20 bits leaves the error visible beside the rounding.
  const ParamSet tiny = std::move(*ParamSet::create_insecure({{6, {20}, {20}, Security::k128}}));
  const NoiseModel model(tiny);
  const double total = model.encrypt_public(Level(0));
  const double fresh = std::sqrt(total * total - model.division_rounding() * model.division_rounding());
  EXPECT_NEAR(std::log2(fresh) + tiny.log2_p(), measured, 0.1);
  EXPECT_NEAR(model_.encrypt_public(Level(4)), model_.division_rounding(), 1e-6);
}

TEST_F(NoiseModelTest, KeySwitchSumsOverDigits) {
  // Digits {0, 1}, {2, 3}, {4}; at level 2 the second one is cut to {2}.
  ASSERT_EQ(params_.digits().size(), 3U);
  const auto log2_of = [&](int i) {
    return std::log2(static_cast<double>(params_.q()[static_cast<std::size_t>(i)].value()));
  };
  const std::vector<std::vector<double>> digits_at_level = {
      {},
      {},
      {log2_of(0) + log2_of(1), log2_of(2)},
      {},
      {log2_of(0) + log2_of(1), log2_of(2) + log2_of(3), log2_of(4)}};
  for (const int level : {2, 4}) {
    const double measured = Simulation::log2_deviation(300, [&] {
      RealPoly sum(static_cast<std::size_t>(params_.degree()), 0.0);
      for (const double log2_digit : digits_at_level[static_cast<std::size_t>(level)]) {
        const RealPoly digit = simulation_.uniform(0.5 * std::exp2(log2_digit - params_.log2_p()));
        sum = Simulation::sum(sum, Simulation::multiply(digit, simulation_.error()));
      }
      return sum;
    });
    EXPECT_NEAR(std::log2(model_.key_switch(Level(level))), measured, 0.1) << "level " << level;
  }
}

TEST_F(NoiseModelTest, SlotsSeeTheSumOfAllCoefficients) {
  const int n = params_.degree();
  const double scale = 1024;
  const double measured = Simulation::log2_deviation(400, [&] {
    const RealPoly poly = simulation_.error();
    RealPoly slots;
    for (int slot = 0; slot < n / 2; ++slot) {
      double real = 0;
      for (int k = 0; k < n; ++k) real += poly[static_cast<std::size_t>(k)] * std::cos(M_PI * (2 * slot + 1) * k / n);
      slots.push_back(real / scale);
    }
    return slots;
  });
  const double predicted = model_.slot_from_coefficient(model_.encrypt_symmetric(), scale);
  EXPECT_NEAR(std::log2(predicted), measured, 0.05);
  EXPECT_NEAR(model_.coefficient_from_slot(predicted, scale), model_.encrypt_symmetric(), 1e-12);
}

TEST_F(NoiseModelDeathTest, RefusesLevelsOutsideTheChain) {
  EXPECT_DEATH(static_cast<void>(model_.key_switch(Level(5))), "outside the chain");
  EXPECT_DEATH(static_cast<void>(model_.encrypt_public(Level(-1))), "outside the chain");
}

}  // namespace
}  // namespace obscura::fhe::params
