#include "fhe/boot/eval_mod.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "base/check.hpp"
#include "fhe/circuits/polynomial.hpp"
#include "fhe/ckks/linear_combination.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/params/bootstrap_error.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::boot {
namespace {

using params::Level;
using params::Scale;

/// 2 x^2 + constant, one level lower.
ckks::Ciphertext double_square(const ring::RingContext& ring, const ckks::Ciphertext& x, double constant,
                               const ckks::SwitchingKey& key) {
  ckks::ProductCiphertext product = ckks::square(ring, x);
  for (auto* part : {&product.d0(), &product.d1(), &product.d2()}) ring::add_in_place(ring, *part, *part);
  return ckks::add_constant(ring, ckks::relinearize_and_rescale(ring, product, key), constant);
}

/// amplitude * cos(angle x), x in [-1, 1], as a polynomial of this degree in v = 2 x^2 - 1: interpolated at the zeros
/// of T_(degree + 1)(v).
std::vector<double> cosine_coefficients(double amplitude, double angle, int degree) {
  const int nodes = degree + 1;
  std::vector<double> coefficients(static_cast<std::size_t>(nodes));
  for (int node = 0; node < nodes; ++node) {
    const double theta = std::numbers::pi * (node + 0.5) / nodes;
    const double value = amplitude * std::cos(angle * std::cos(theta / 2));  // v = cos(theta) = 2 cos(theta/2)^2 - 1
    for (int k = 0; k < nodes; ++k) {
      coefficients[static_cast<std::size_t>(k)] += (k == 0 ? 1.0 : 2.0) / nodes * value * std::cos(k * theta);
    }
  }
  return coefficients;
}

}  // namespace

EvalMod::EvalMod(const ring::RingContext& ring, const params::BootstrapParams& bootstrap, const Scale& output_scale)
    : ring_(&ring),
      half_width_(params::eval_mod_half_width(bootstrap)),
      double_angles_(bootstrap.literal().double_angles),
      input_scale_(params::eval_mod_input_scale(ring.params(), bootstrap)),
      working_scale_(params::eval_mod_working_scale(ring.params(), bootstrap)),
      output_scale_(output_scale),
      amplitude_(params::eval_mod_amplitude(ring.params(), bootstrap, output_scale)),
      coefficients_(cosine_coefficients(amplitude_, std::ldexp(2 * std::numbers::pi * half_width_, -double_angles_),
                                        bootstrap.literal().cosine_degree / 2)) {}

/// The same one level lower, at about the working scale: multiplied by a power of two, so that no coefficient of the
/// polynomial is rounded to fewer bits than a prime has.
ckks::Ciphertext EvalMod::at_working_scale(const ckks::Ciphertext& x) const {
  const Scale target = working_scale_.times_prime(params::PrimeIndex(x.level().value()));
  const double gap = target.log2(ring_->params()) - x.scale().log2(ring_->params());
  const Scale larger = x.scale() * Scale::power_of_two(std::max(0, static_cast<int>(std::lround(gap))));
  const ckks::WeightedCiphertext term{&x, 1};
  return ckks::rescale(*ring_, ckks::linear_combination(*ring_, {&term, 1}, 0, x.level(), larger));
}

ckks::Ciphertext EvalMod::apply(ckks::Ciphertext x, const ckks::SwitchingKey& relinearize) const {
  OBSCURA_CHECK(x.scale() == input_scale_, "EvalMod takes its own scale");
  x = ckks::add_constant(*ring_, std::move(x), -0.25 / half_width_);
  const ckks::Ciphertext t2 = double_square(*ring_, x, -1, relinearize);
  ckks::Ciphertext t4 = ckks::rescale(*ring_, double_square(*ring_, t2, -1, relinearize));
  ckks::Ciphertext y = circuits::evaluate_chebyshev(*ring_, at_working_scale(t2), std::move(t4), coefficients_,
                                                    working_scale_, relinearize);
  double amplitude = amplitude_;
  for (int i = 0; i < double_angles_; ++i) {
    amplitude *= amplitude;
    y = double_square(*ring_, y, -amplitude, relinearize);
  }
  const Level level = y.level();
  auto [c0, c1] = std::move(y).release();
  return {std::move(c0), std::move(c1), level, output_scale_};
}

}  // namespace obscura::fhe::boot
