#include <cmath>
#include <complex>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "bench/operations/detail/groups.hpp"
#include "fhe/circuits/polynomial.hpp"
#include "fhe/ckks/key_id.hpp"

namespace obscura::bench::operations {

namespace {

namespace circuits = fhe::circuits;
using fhe::params::Level;
using fhe::params::Scale;

using Coefficients = std::vector<double>;

/// Dense, and small where they multiply the large errors.
Coefficients coefficients_of(int degree) {
  Coefficients c;
  for (int k = 0; k <= degree; ++k) c.push_back(1.0 / (k * k + 1.0));
  return c;
}

Slots evaluate(const Coefficients& c, const Slots& x) {
  Slots y;
  for (const auto& slot : x) {
    double sum = 0;
    for (std::size_t k = 0; k < c.size(); ++k) sum += c[k] * std::cos(static_cast<double>(k) * std::acos(slot.real()));
    y.emplace_back(sum);
  }
  return y;
}

/// How many times the error of one operation the error of T_k is, to first order: T_k = 2 T_a T_(k-a) - T_(2a-k).
double growth(int k, std::map<int, double>& known) {
  if (k <= 1) return 1;
  if (const auto found = known.find(k); found != known.end()) return found->second;
  int a = 1;
  while (2 * a < k) a *= 2;
  return known[k] = 2 * growth(a, known) + 2 * growth(k - a, known) + growth(2 * a - k, known) + 2;
}

/// The factors of products are bounded by twice the sum of the coefficients; each piece adds one operation's error, at
/// scales of at least half the final one.
double tolerance(const Engine& engine, const Coefficients& c, const Scale& scale) {
  const double sd = std::hypot(engine.fresh_sd(), engine.key_switch_sd(engine.top()));
  double sum = 0;
  for (const double value : c) sum += std::abs(value);
  std::map<int, double> known;
  const double operations = growth(static_cast<int>(c.size()) - 1, known) + static_cast<double>(c.size());
  return 2 * sum * operations * 2 * engine.tolerance(sd, scale);
}

/// One product at `depth` levels below the top: key switch, tensor product, and both factors.
Work product_work(const Engine& engine, int depth) {
  const WorkModel model(engine.params(), Level(engine.top().value() - depth));
  const double limbs = model.limbs();
  return model.key_switch(true) + model.memory(4 * limbs) +
         Work{.lane_ops = limbs * (4 * kMultiplyAdd + 3 * kReduction + 2 * kScaling)};
}

Case prepare(Engine& engine, int degree) {
  engine.key(fhe::ckks::relinearization_key_id());
  const Coefficients c = coefficients_of(degree);
  const Scale scale = Scale::power_of_two(engine.params().literal().q_bits.back());
  const Slots x = sample_reals(static_cast<std::size_t>(engine.params().slots()), 0);
  const auto ciphertext = std::make_shared<fhe::ckks::Ciphertext>(engine.encrypt(x, scale));
  const auto run = [&engine, ciphertext, c, scale] {
    return circuits::evaluate_chebyshev(engine.ring(), *ciphertext, c, scale,
                                        engine.key(fhe::ckks::relinearization_key_id()));
  };
  Case made;
  made.level = engine.top().value();
  for (const int depth : circuits::polynomial_products(c)) made.work = made.work + product_work(engine, depth);
  made.right = [&engine, run, c, scale, x] { return engine.close(run(), evaluate(c, x), tolerance(engine, c, scale)); };
  made.run = [run] { static_cast<void>(run()); };
  return made;
}

}  // namespace

void detail::add_polynomials(const Shape& shape, std::vector<Operation>& to) {
  for (const int degree : {7, 15, 31}) {
    // One level stays: a result of the size of the scale needs two primes.
    const auto levels = static_cast<int>(shape.literal.q_bits.size()) - 1;
    if (circuits::polynomial_depth(degree) >= levels) continue;
    to.push_back({Group::kCircuits, "polynomial of degree " + std::to_string(degree), shape,
                  [degree](Engine& engine) { return prepare(engine, degree); }});
  }
}

}  // namespace obscura::bench::operations
