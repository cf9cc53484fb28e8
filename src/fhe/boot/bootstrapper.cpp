#include "fhe/boot/bootstrapper.hpp"

#include <cmath>
#include <cstddef>

#include "base/check.hpp"
#include "fhe/boot/dft_factors.hpp"
#include "fhe/boot/mod_raise.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/lower_view.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/rotate.hpp"
#include "fhe/params/bootstrap_rotations.hpp"

namespace obscura::fhe::boot {
namespace {

using ckks::Ciphertext;
using params::Level;
using params::PrimeIndex;
using params::Scale;

const ckks::SwitchingKey& require(const ckks::EvaluationKeys& keys, ckks::KeyId id) {
  const ckks::SwitchingKey* const key = keys.find(id);
  OBSCURA_CHECK(key != nullptr, "a switching key that the bootstrap needs is missing");
  return *key;
}

/// From `level` down, a transform per factor. Scales stay but for the last, which goes from `from` to `to`; the factors
/// share `multiple` evenly.
std::vector<DftTransform> make_transforms(const ckks::Context& context, const std::vector<DiagonalMatrix>& factors,
                                          const std::vector<params::RotationPlan>& plans, double multiple, Level level,
                                          const Scale& from, const Scale& to) {
  const double each = std::pow(multiple, 1.0 / static_cast<double>(factors.size()));
  std::vector<DftTransform> transforms;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const Scale prime = Scale::power_of_two(0).times_prime(PrimeIndex(level.value()));
    const Scale weight = i + 1 < factors.size() ? prime : prime * to / from;
    transforms.emplace_back(context, factors[i], plans[i], each, level, weight);
    level = Level(level.value() - 1);
  }
  return transforms;
}

Ciphertext apply_all(const std::vector<DftTransform>& transforms, const ckks::EvaluationKeys& keys,
                     const Ciphertext& x) {
  Ciphertext y = transforms.front().apply(keys, x);
  for (std::size_t i = 1; i < transforms.size(); ++i) y = transforms[i].apply(keys, y);
  return y;
}

/// (w - conj w) / i, which is real.
Ciphertext twice_imaginary(const ring::RingContext& ring, const Ciphertext& w, const Ciphertext& conjugated) {
  return ckks::multiply_by_i(ring, ckks::sub(ring, w, conjugated), 3);
}

}  // namespace

Bootstrapper::Bootstrapper(const ckks::Context& context, const params::BootstrapParams& bootstrap,
                           const BootstrapScales& scales)
    : context_(&context), bootstrap_(bootstrap), scales_(scales), eval_mod_(context.ring(), bootstrap, scales.output) {
  const params::BootstrapLiteral& literal = bootstrap.literal();
  OBSCURA_CHECK(bootstrap.log_n() == context.params().log_n() && bootstrap.top_level() == context.params().max_level(),
                "the bootstrap is for other parameters");
  const Scale q0 = Scale::power_of_two(0).times_prime(PrimeIndex(0));
  slots_to_coeffs_ = make_transforms(context, slots_to_coeffs_factors(literal.log_slots, literal.slots_to_coeffs),
                                     params::slots_to_coeffs_rotations(literal), 1, bootstrap.input_level(),
                                     scales.input, bootstrap.bottom_scale());
  // Half, since a number and its conjugate are added; and the trace multiplies what stays by the number of its terms.
  const double traced = std::ldexp(1.0, bootstrap.log_n() - 1 - literal.log_slots);
  coeffs_to_slots_ = make_transforms(context, coeffs_to_slots_factors(literal.log_slots, literal.coeffs_to_slots),
                                     params::coeffs_to_slots_rotations(literal), 0.5 / traced / eval_mod_.half_width(),
                                     bootstrap.top_level(), q0, eval_mod_.input_scale());
}

Ciphertext Bootstrapper::raise(const ckks::EvaluationKeys& keys, const Ciphertext& x, base::Trace* trace) const {
  const ring::RingContext& ring = context_->ring();
  const int log_n = bootstrap_.log_n();
  OBSCURA_CHECK(x.scale() == scales_.input, "the input has another scale than the bootstrap was made for");
  const ckks::LowerView input(ring, x, bootstrap_.input_level());
  const Ciphertext bottom = [&] {
    const base::Span span(trace, "slots to coefficients");
    return apply_all(slots_to_coeffs_, keys, *input);
  }();
  Ciphertext raised = [&] {
    const base::Span span(trace, "raise the modulus");
    Ciphertext whole = mod_raise(ring, keys, bottom, bootstrap_.top_level());
    // The trace onto polynomials in X^(slots / 2^log_slots).
    for (int log_step = bootstrap_.literal().log_slots; log_step < log_n - 1; ++log_step) {
      const params::RotationStep step(1 << log_step);
      const auto& key = require(keys, ckks::rotation_key_id(step, log_n));
      whole = ckks::add(ring, whole, ckks::apply_galois(ring, whole, ring::galois_of_rotation(step, log_n), key));
    }
    return whole;
  }();
  const base::Span span(trace, "coefficients to slots");
  return apply_all(coeffs_to_slots_, keys, raised);
}

Ciphertext Bootstrapper::conjugate(const ckks::EvaluationKeys& keys, const Ciphertext& w, base::Trace* trace) const {
  const base::Span span(trace, "conjugate");
  const int log_n = bootstrap_.log_n();
  const auto& key = require(keys, ckks::conjugation_key_id(log_n));
  return ckks::apply_galois(context_->ring(), w, ring::galois_of_conjugation(log_n), key);
}

Ciphertext Bootstrapper::reduce(const ckks::EvaluationKeys& keys, Ciphertext t, base::Trace* trace) const {
  const base::Span span(trace, "reduce modulo q_0");
  return eval_mod_.apply(std::move(t), require(keys, ckks::relinearization_key_id()));
}

Ciphertext Bootstrapper::bootstrap(const ckks::EvaluationKeys& keys, const Ciphertext& x, base::Trace* trace) const {
  const ring::RingContext& ring = context_->ring();
  const Ciphertext w = raise(keys, x, trace);
  const Ciphertext conjugated = conjugate(keys, w, trace);
  Ciphertext real = reduce(keys, ckks::add(ring, w, conjugated), trace);
  if (bootstrap_.literal().real) return real;
  const Ciphertext imaginary = reduce(keys, twice_imaginary(ring, w, conjugated), trace);
  return ckks::add(ring, real, ckks::multiply_by_i(ring, imaginary, 1));
}

std::pair<Ciphertext, Ciphertext> Bootstrapper::bootstrap_pair(const ckks::EvaluationKeys& keys, const Ciphertext& a,
                                                               const Ciphertext& b, base::Trace* trace) const {
  OBSCURA_CHECK(!bootstrap_.literal().real, "a bootstrap of real values holds no pairs");
  const ring::RingContext& ring = context_->ring();
  const ckks::LowerView low_a(ring, a, bootstrap_.input_level());
  const ckks::LowerView low_b(ring, b, bootstrap_.input_level());
  const Ciphertext w = raise(keys, ckks::add(ring, *low_a, ckks::multiply_by_i(ring, *low_b, 1)), trace);
  const Ciphertext conjugated = conjugate(keys, w, trace);
  Ciphertext first = reduce(keys, ckks::add(ring, w, conjugated), trace);
  return {std::move(first), reduce(keys, twice_imaginary(ring, w, conjugated), trace)};
}

double Bootstrapper::diagonal_bytes() const {
  double bytes = 0;
  for (const auto* transforms : {&slots_to_coeffs_, &coeffs_to_slots_}) {
    for (const DftTransform& transform : *transforms) bytes += transform.diagonal_bytes();
  }
  return bytes;
}

}  // namespace obscura::fhe::boot
