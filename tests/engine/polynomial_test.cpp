#include "fhe/circuits/polynomial.hpp"

#include <map>

#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr std::uint64_t kSeed = 20261123;
constexpr int kLevels = 7;

using Coefficients = std::vector<double>;

/// Clenshaw's recurrence.
double chebyshev_sum(const Coefficients& c, double x) {
  double b1 = 0;
  double b2 = 0;
  for (std::size_t k = c.size() - 1; k > 0; --k) {
    const double b0 = c[k] + 2 * x * b1 - b2;
    b2 = b1;
    b1 = b0;
  }
  return c[0] + x * b1 - b2;
}

/// How many times the error of one operation T_k's error is, to first order: T_k = 2 T_a T_(k-a) - T_(2a-k), |T| <= 1.
double growth(int k, std::map<int, double>& known) {
  if (k <= 1) return 1;
  if (const auto found = known.find(k); found != known.end()) return found->second;
  int a = 1;
  while (2 * a < k) a *= 2;
  return known[k] = 2 * growth(a, known) + 2 * growth(k - a, known) + growth(2 * a - k, known) + 2;
}

class Polynomial : public testing::Test {
 protected:
  Polynomial() : engine_(insecure(6, {50, 40, 40, 40, 40, 40, 40, 40}, {50, 50}), kSeed), random_(kSeed) {
    engine_.add_relinearization_key(engine_.top());
    x_ = random_slots(engine_.slots(), random_);
    for (auto& slot : x_) slot = slot.real();
    x_[0] = 1;
    x_[1] = -1;
  }

  Coefficients draw(int degree) {
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    Coefficients c(static_cast<std::size_t>(degree) + 1);
    for (double& value : c) value = uniform(random_);
    return c;
  }

  void expect_right(const Coefficients& c, const Scale& target) {
    const int degree = static_cast<int>(c.size()) - 1;
    const ckks::Ciphertext x = engine_.encrypt(x_, engine_.top(), Scale::power_of_two(40));
    const ckks::Ciphertext y =
        circuits::evaluate_chebyshev(engine_.ring(), x, c, target, engine_.key(ckks::relinearization_key_id()));
    EXPECT_EQ(y.scale(), target);
    EXPECT_EQ(y.level().value(), kLevels - circuits::polynomial_depth(degree));
    const Slots expected = map_slots(x_, [&](auto z) { return chebyshev_sum(c, z.real()); });
    EXPECT_LE(largest_difference(engine_.decrypt(y), expected), bound(c)) << "degree " << degree;
  }

  /// Every product's factors are bounded by twice the sum of coefficients; each piece adds one operation's error.
  double bound(const Coefficients& c) {
    const params::NoiseModel& noise = engine_.noise();
    const double added = std::hypot(noise.key_switch(engine_.top()), noise.division_rounding());
    const double once = engine_.slot_bound(std::hypot(engine_.fresh_sd(engine_.top()), added), Scale::power_of_two(39));
    double sum = 0;
    for (const double value : c) sum += std::abs(value);
    std::map<int, double> known;
    return 2 * sum * once * (growth(static_cast<int>(c.size()) - 1, known) + static_cast<double>(c.size()));
  }

  Engine engine_;
  std::mt19937_64 random_;
  Slots x_;
};

TEST_F(Polynomial, OfEveryDegreeUpTo33IsRight) {
  for (int degree = 1; degree <= 33; ++degree) expect_right(draw(degree), Scale::power_of_two(40));
}

TEST_F(Polynomial, OfALargeDegreeIsRight) {
  for (const int degree : {47, 63}) expect_right(draw(degree), Scale::power_of_two(40));
}

TEST_F(Polynomial, TakesAnyTargetScale) {
  for (const Scale& scale : {Scale::power_of_two(38), Scale::power_of_two(41),
                             Scale::power_of_two(80).divided_by_prime(params::PrimeIndex(3))}) {
    expect_right(draw(15), scale);
  }
}

TEST_F(Polynomial, OddEvenAndSparseOnesNeedFewerProducts) {
  for (const int degree : {7, 15, 31}) {
    Coefficients odd = draw(degree);
    for (std::size_t k = 0; k < odd.size(); k += 2) odd[k] = 0;
    EXPECT_LE(circuits::polynomial_products(odd).size(), circuits::polynomial_products(draw(degree)).size());
    expect_right(odd, Scale::power_of_two(40));
    Coefficients even = draw(degree + 1);
    for (std::size_t k = 1; k < even.size(); k += 2) even[k] = 0;
    expect_right(even, Scale::power_of_two(40));
  }
  Coefficients sparse(17);
  sparse[16] = 0.5;
  EXPECT_EQ(circuits::polynomial_products(sparse), (std::vector<int>{0, 1, 2, 3}));
  expect_right(sparse, Scale::power_of_two(40));
  sparse[5] = -0.25;
  expect_right(sparse, Scale::power_of_two(40));
}

TEST(PolynomialDepth, IsTheLogarithm) {
  const std::map<int, int> known = {{1, 1}, {2, 2}, {3, 2}, {4, 3}, {7, 3}, {8, 4}, {15, 4}, {31, 5}, {63, 6}};
  for (const auto& [degree, depth] : known) EXPECT_EQ(circuits::polynomial_depth(degree), depth);
}

TEST(PolynomialProducts, AreFew) {
  const std::map<int, std::size_t> known = {{1, 0}, {2, 1}, {3, 2}, {7, 5}, {15, 8}, {31, 13}, {63, 18}};
  for (const auto& [degree, most] : known) {
    Coefficients c(static_cast<std::size_t>(degree) + 1);
    for (std::size_t k = 0; k < c.size(); ++k) c[k] = 1.0 / static_cast<double>(k * k + 1);
    const std::vector<int> depths = circuits::polynomial_products(c);
    EXPECT_EQ(depths.size(), most) << "degree " << degree;
    for (const int depth : depths) EXPECT_LT(depth, circuits::polynomial_depth(degree)) << "degree " << degree;
  }
}

}  // namespace
}  // namespace obscura::tests
