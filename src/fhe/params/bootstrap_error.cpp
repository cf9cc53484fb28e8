#include "fhe/params/bootstrap_error.hpp"

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "fhe/params/noise.hpp"

namespace obscura::fhe::params {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

double square(double x) {
  return x * x;
}

double prime(const ParamSet& params, int index) {
  return static_cast<double>(params.q()[static_cast<std::size_t>(index)].value());
}

int bits(const ParamSet& params, int index) {
  return params.literal().q_bits[static_cast<std::size_t>(index)];
}

/// Mean over the integers I of f(I - 1/4), each as likely as that a normal number of the variance of weight + 1 uniform
/// ones is nearest to it.
double mean_over_integers(const BootstrapParams& bootstrap, const std::function<double(double)>& f) {
  const double deviation = std::sqrt((kSparseWeight + 1) / 12.0);
  const auto below = [&](double x) { return 0.5 * std::erfc(-x / deviation / std::numbers::sqrt2); };
  double mean = 0;
  for (int i = -bootstrap.literal().range; i <= bootstrap.literal().range; ++i) {
    mean += (below(i + 0.5) - below(i - 0.5)) * f(i - 0.25);
  }
  return mean;
}

/// Adds up the variance of a value v, part by part.
class Sum {
 public:
  Sum(const ParamSet& params, const BootstrapParams& bootstrap)
      : params_(params),
        bootstrap_(bootstrap),
        noise_(params),
        ratio_(std::ldexp(1.0, bootstrap.literal().message_ratio_bits)),
        half_width_(eval_mod_half_width(bootstrap)),
        traced_(std::ldexp(1.0, params.log_n() - 1 - bootstrap.literal().log_slots)),
        rounding_(noise_.division_rounding()) {}

  [[nodiscard]] double total(const Scale& input_scale, const Scale& output_scale) {
    add_slots_to_coeffs(input_scale.value(params_));
    add_raise();
    add_coeffs_to_slots();
    const double before = variance_;
    add_split();
    add_eval_mod(eval_mod_amplitude(params_, bootstrap_, output_scale));
    // From the split on, noise has a real and an imaginary part, and that of i Im v is real.
    if (!bootstrap_.literal().real) variance_ += variance_ - before;
    return std::sqrt(variance_);
  }

 private:
  /// An error of this sd in every coefficient, at a scale; v changes by `gain` times what a slot changes by.
  void add(double coefficient_sd, double scale, double gain) {
    variance_ += square(noise_.slot_from_coefficient(coefficient_sd, scale) * gain);
  }

  /// The inverse of the stages before brings an error back to what is a value; of what does not repeat the trace keeps
  /// a share.
  void add_slots_to_coeffs(double scale) {
    double gain = 1 / std::sqrt(traced_);
    int level = bootstrap_.input_level().value();
    for (const int stages : bootstrap_.literal().slots_to_coeffs) {
      add(noise_.key_switch(Level(level)), scale, gain);
      gain *= std::exp2(-0.5 * stages);
      --level;
      add(rounding_, level == 0 ? bottom() : scale, gain);
    }
  }

  /// Coefficients are values here.
  void add_raise() {
    const double q0 = prime(params_, 0);
    const double p0 = static_cast<double>(params_.p().front().value());
    const double sparse = std::sqrt(params_.degree() * kErrorVariance / 12) * q0 / p0;
    const double dense = noise_.key_switch(bootstrap_.top_level());
    variance_ += (square(sparse) + (1 + kSparseWeight) / 12.0 + square(dense) + square(rounding_)) / square(bottom());
  }

  /// Each inverse stage halves the variance of what comes before it.
  void add_coeffs_to_slots() {
    const std::vector<int>& matrices = bootstrap_.literal().coeffs_to_slots;
    const double each = std::pow(0.5 / traced_ / half_width_, 1.0 / static_cast<double>(matrices.size()));
    double gain = ratio_ / std::exp2(0.5 * bootstrap_.literal().log_slots);  // of all matrices, to v
    double size = std::sqrt((kSparseWeight + 1) / 12.0) * std::exp2(0.5 * bootstrap_.literal().log_slots) * traced_;
    gain /= traced_;
    int level = bootstrap_.top_level().value();
    int left = static_cast<int>(matrices.size());
    for (const int stages : matrices) {
      add(noise_.key_switch(Level(level)), prime(params_, 0), gain);
      const double factor = each * std::exp2(-0.5 * stages);
      gain /= factor;
      add(noise_.encode(), prime(params_, level), gain * size * std::exp2(0.5 * (stages + 1)));
      size *= factor;
      --level;
      add(rounding_, --left == 0 ? input_scale() : prime(params_, 0), gain);
    }
  }

  void add_split() {
    const double switched = std::hypot(noise_.key_switch(bootstrap_.eval_mod_level()), rounding_);
    add(switched, input_scale(), half_width_ * ratio_);
  }

  void add_eval_mod(double amplitude) {
    const int level = bootstrap_.eval_mod_level().value();
    const double working = eval_mod_working_scale(params_, bootstrap_).value(params_);
    const double t2_scale = square(input_scale()) / prime(params_, level);
    // d t / d T_m = half_width^2 / (m^2 t') for small t'.
    const double slope = std::sqrt(mean_over_integers(bootstrap_, [](double t) { return 1 / square(t); }));
    const double at_one = square(half_width_) * slope * ratio_;
    add(rounding_, t2_scale, at_one / 4);
    double share = 1.0 / 16;
    for (int m = 4; m <= bootstrap_.literal().cosine_degree; m *= 2, share /= 4)
      add(rounding_, working, at_one * share);
    // The polynomial's own roundings, of its value and of the pieces it is made of; then each double angle. What is
    // rounded is the amplitude times a cosine.
    for (int k = 0; k <= bootstrap_.literal().double_angles; ++k, amplitude *= amplitude) {
      const double turns = std::ldexp(1.0, bootstrap_.literal().double_angles - k);
      const double magnified =
          mean_over_integers(bootstrap_, [turns](double t) { return 1 / square(std::sin(kTurn * t / turns)); });
      const double pieces = k == 0 ? 2 : 1;
      add(pieces * rounding_, working * amplitude, ratio_ / kTurn * turns * std::sqrt(magnified));
    }
  }

  [[nodiscard]] double bottom() const { return bootstrap_.bottom_scale().value(params_); }
  [[nodiscard]] double input_scale() const { return eval_mod_input_scale(params_, bootstrap_).value(params_); }

  const ParamSet& params_;
  const BootstrapParams& bootstrap_;
  NoiseModel noise_;
  double ratio_;
  double half_width_;
  double traced_;
  double rounding_;
  double variance_ = 0;
};

}  // namespace

Scale eval_mod_working_scale(const ParamSet& params, const BootstrapParams& bootstrap) {
  return Scale::power_of_two(bits(params, bootstrap.eval_mod_level().value() - 3));
}

Scale eval_mod_input_scale(const ParamSet& params, const BootstrapParams& bootstrap) {
  const int l = bootstrap.eval_mod_level().value();
  return Scale::power_of_two((2 * bits(params, l) + bits(params, l - 1) + bits(params, l - 2) + bits(params, l - 3)) /
                             4);
}

double eval_mod_amplitude(const ParamSet& params, const BootstrapParams& bootstrap, const Scale& output_scale) {
  Scale scale = eval_mod_working_scale(params, bootstrap);
  for (int i = bootstrap.literal().double_angles; i > 0; --i) {
    scale = (scale * scale).divided_by_prime(PrimeIndex(bootstrap.output_level().value() + i));
  }
  const double ratio = std::ldexp((output_scale / scale).value(params), bootstrap.literal().message_ratio_bits);
  return std::pow(ratio / kTurn, std::ldexp(1.0, -bootstrap.literal().double_angles));
}

double eval_mod_half_width(const BootstrapParams& bootstrap) {
  return bootstrap.literal().range + 0.25;
}

double bootstrap_bias(const BootstrapParams& bootstrap, double v) {
  const double ratio = std::ldexp(1.0, bootstrap.literal().message_ratio_bits);
  return v - ratio / kTurn * std::sin(kTurn * v / ratio);
}

double bootstrap_truncation(const BootstrapParams& bootstrap) {
  const double turns = std::ldexp(1.0, bootstrap.literal().double_angles);
  const double ratio = std::ldexp(1.0, bootstrap.literal().message_ratio_bits);
  const double angle = kTurn * eval_mod_half_width(bootstrap) / turns;
  const double magnified =
      mean_over_integers(bootstrap, [turns](double t) { return 1 / std::abs(std::sin(kTurn * t / turns)); });
  const double left_out = 2 * std::abs(std::cyl_bessel_j(bootstrap.literal().cosine_degree + 2, angle));
  return left_out * ratio / kTurn * turns * magnified;
}

double bootstrap_noise_sd(const ParamSet& params, const BootstrapParams& bootstrap, const Scale& input_scale,
                          const Scale& output_scale) {
  return Sum(params, bootstrap).total(input_scale, output_scale);
}

double bootstrap_error_bound(const ParamSet& params, const BootstrapParams& bootstrap, const Scale& input_scale,
                             const Scale& output_scale) {
  constexpr double kDeviations = 48;
  // Where the double angles magnify most, 2.7 times the average; interpolation, which folds the terms left out onto
  // those kept, at most twice; the terms left out after the first, a twentieth.
  constexpr double kTruncationMost = 2.7 * 2 * 1.05;
  return bootstrap_bias(bootstrap, 1) + kTruncationMost * bootstrap_truncation(bootstrap) +
         kDeviations * bootstrap_noise_sd(params, bootstrap, input_scale, output_scale);
}

}  // namespace obscura::fhe::params
