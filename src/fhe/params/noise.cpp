#include "fhe/params/noise.hpp"

#include <cmath>
#include <span>

#include "base/check.hpp"

namespace obscura::fhe::params {

double NoiseModel::encode() const {
  return std::sqrt(1.0 / 12.0);
}

double NoiseModel::encrypt_public(Level level) const {
  OBSCURA_CHECK(level >= Level(0) && level <= params_->max_level(), "the level is outside the chain");
  return std::hypot(encrypt_public_extended() * std::exp2(-params_->log2_p()), division_rounding());
}

double NoiseModel::encrypt_public_extended() const {
  return std::sqrt(kErrorVariance * (1.0 + 2.0 * params_->degree() * kSecretVariance));
}

double NoiseModel::encrypt_symmetric() const {
  return std::sqrt(kErrorVariance);
}

double NoiseModel::division_rounding() const {
  return std::sqrt((1.0 + params_->degree() * kSecretVariance) / 12.0);
}

double NoiseModel::key_switch(Level level) const {
  OBSCURA_CHECK(level >= Level(0) && level <= params_->max_level(), "the level is outside the chain");
  const double log2_p = params_->log2_p();
  double variance = 0;
  for (const DigitRange& digit : params_->digits().first(static_cast<std::size_t>(params_->digit_count(level)))) {
    double log2_digit = 0;
    for (int i = digit.first; i < digit.first + digit.count && i <= level.value(); ++i) {
      log2_digit += std::log2(static_cast<double>(params_->q()[static_cast<std::size_t>(i)].value()));
    }
    variance += params_->degree() * std::exp2(2.0 * (log2_digit - log2_p)) / 12.0 * kErrorVariance;
  }
  return std::sqrt(variance);
}

double NoiseModel::slot_from_coefficient(double coefficient_sd, double scale) const {
  return coefficient_sd * std::sqrt(params_->degree() / 2.0) / scale;
}

double NoiseModel::coefficient_from_slot(double slot_sd, double scale) const {
  return slot_sd * scale / std::sqrt(params_->degree() / 2.0);
}

}  // namespace obscura::fhe::params
