#include "fhe/boot/bootstrapper.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/check.hpp"
#include "fhe/boot/dft_factors.hpp"
#include "fhe/boot/mod_raise.hpp"
#include "fhe/boot/running_bootstrap.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/lower_view.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/rotate.hpp"
#include "fhe/params/bootstrap_error.hpp"
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

Scale prime(Level level) {
  return Scale::power_of_two(0).times_prime(PrimeIndex(level.value()));
}

Level below(Level level, std::size_t levels) {
  return Level(level.value() - static_cast<int>(levels));
}

/// The scale of an input when its values count as at most 1.
Scale as_seen(const Scale& scale, int log2_range) {
  return scale * Scale::power_of_two(log2_range);
}

Ciphertext relabelled(Ciphertext x, const Scale& scale) {
  const Level level = x.level();
  auto [c0, c1] = std::move(x).release();
  return {std::move(c0), std::move(c1), level, scale};
}

/// (w - conj w) / i, which is real.
Ciphertext twice_imaginary(const ring::RingContext& ring, const Ciphertext& w, const Ciphertext& conjugated) {
  return ckks::multiply_by_i(ring, ckks::sub(ring, w, conjugated), 3);
}

}  // namespace

Bootstrapper::Bootstrapper(const ckks::Context& context, const params::BootstrapParams& bootstrap,
                           const std::vector<BootstrapScales>& scales)
    : context_(&context),
      bootstrap_(bootstrap),
      phases_(params::bootstrap_phases(bootstrap.literal(), bootstrap.log_n(), bootstrap.top_level())) {
  OBSCURA_CHECK(bootstrap.log_n() == context.params().log_n() && bootstrap.top_level() == context.params().max_level(),
                "the bootstrap is for other parameters");
  make_slots_to_coeffs(scales);
  make_coeffs_to_slots();
  for (const BootstrapScales& each : scales) {
    reductions_.push_back({each, EvalMod(context.ring(), bootstrap, as_seen(each.output, each.log2_range))});
  }
}

/// Scales stay but for the last matrix, which leads to that of level 0.
void Bootstrapper::make_slots_to_coeffs(const std::vector<BootstrapScales>& scales) {
  const params::BootstrapLiteral& literal = bootstrap_.literal();
  const std::vector<DiagonalMatrix> factors = slots_to_coeffs_factors(literal.log_slots, literal.slots_to_coeffs);
  const std::vector<params::RotationPlan> plans = params::slots_to_coeffs_rotations(literal);
  for (std::size_t i = 0; i + 1 < factors.size(); ++i) {
    const Level level = below(bootstrap_.input_level(), i);
    slots_to_coeffs_.emplace_back(*context_, factors[i], plans[i], 1, level, prime(level));
  }
  const Level last(1);
  for (const BootstrapScales& each : scales) {
    const Scale input = as_seen(each.input, each.log2_range);
    if (std::ranges::find(last_matrices_, input, &LastMatrix::input) != last_matrices_.end()) continue;
    const Scale weight = prime(last) * bootstrap_.bottom_scale() / input;
    last_matrices_.push_back({input, DftTransform(*context_, factors.back(), plans.back(), 1, last, weight)});
  }
}

/// The matrices share evenly what they multiply by: half, since a number and its conjugate are added, one over what
/// the trace multiplies by, and one over the half width. Scales stay but for the last, which leads to EvalMod's.
void Bootstrapper::make_coeffs_to_slots() {
  const params::BootstrapLiteral& literal = bootstrap_.literal();
  const std::vector<DiagonalMatrix> factors = coeffs_to_slots_factors(literal.log_slots, literal.coeffs_to_slots);
  const std::vector<params::RotationPlan> plans = params::coeffs_to_slots_rotations(literal);
  const double traced = std::ldexp(1.0, bootstrap_.log_n() - 1 - literal.log_slots);
  const double multiple = 0.5 / traced / params::eval_mod_half_width(bootstrap_);
  const double each = std::pow(multiple, 1.0 / static_cast<double>(factors.size()));
  const Scale out = params::eval_mod_input_scale(context_->params(), bootstrap_);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const Level level = below(bootstrap_.top_level(), i);
    const Scale weight = i + 1 < factors.size() ? prime(level) : prime(level) * out / prime(Level(0));
    coeffs_to_slots_.emplace_back(*context_, factors[i], plans[i], each, level, weight);
  }
}

const DftTransform& Bootstrapper::last_matrix(const BootstrapScales& scales) const {
  const auto found = std::ranges::find(last_matrices_, as_seen(scales.input, scales.log2_range), &LastMatrix::input);
  OBSCURA_CHECK(found != last_matrices_.end(), "the bootstrapper was not made for this scale of the input");
  return found->transform;
}

const EvalMod& Bootstrapper::eval_mod(const BootstrapScales& scales) const {
  const auto found = std::ranges::find(reductions_, scales, &Reduction::scales);
  OBSCURA_CHECK(found != reductions_.end(), "the bootstrapper was not made for these scales");
  return found->eval_mod;
}

const DftTransform& Bootstrapper::slots_to_coeffs_matrix(std::size_t number, const BootstrapScales& scales) const {
  return number < slots_to_coeffs_.size() ? slots_to_coeffs_[number] : last_matrix(scales);
}

Ciphertext Bootstrapper::slots_to_coeffs(const ckks::EvaluationKeys& keys, const Ciphertext& x,
                                         const BootstrapScales& scales) const {
  OBSCURA_CHECK(x.scale() == scales.input, "the input has another scale than the bootstrap is for");
  Ciphertext y = slots_to_coeffs_matrix(0, scales).apply(keys, x);
  for (std::size_t i = 1; i <= slots_to_coeffs_.size(); ++i) y = slots_to_coeffs_matrix(i, scales).apply(keys, y);
  return y;
}

Ciphertext Bootstrapper::coeffs_to_slots(const ckks::EvaluationKeys& keys, const Ciphertext& x) const {
  Ciphertext y = coeffs_to_slots_.front().apply(keys, x);
  for (std::size_t i = 1; i < coeffs_to_slots_.size(); ++i) y = coeffs_to_slots_[i].apply(keys, y);
  return y;
}

Ciphertext Bootstrapper::run(const Phase& phase, const ckks::EvaluationKeys& keys, const Ciphertext& x,
                             const BootstrapScales& scales) const {
  const ring::RingContext& ring = context_->ring();
  if (phase.kind == Phase::Kind::kSlotsToCoeffs) return slots_to_coeffs_matrix(phase.matrix, scales).apply(keys, x);
  if (phase.kind == Phase::Kind::kRaise) return mod_raise(ring, keys, x, bootstrap_.top_level());
  if (phase.kind == Phase::Kind::kCoeffsToSlots) return coeffs_to_slots_[phase.matrix].apply(keys, x);
  if (phase.kind == Phase::Kind::kConjugate) return conjugate(keys, x);
  OBSCURA_CHECK(phase.kind == Phase::Kind::kTrace, "EvalMod takes more than a ciphertext");
  const params::RotationStep step = phase.rotations.front();
  const auto& key = require(keys, ckks::rotation_key_id(step, bootstrap_.log_n()));
  const ring::GaloisElement galois = ring::galois_of_rotation(step, bootstrap_.log_n());
  return ckks::add(ring, x, ckks::apply_galois(ring, x, galois, key));
}

Ciphertext Bootstrapper::conjugate(const ckks::EvaluationKeys& keys, const Ciphertext& w) const {
  const int log_n = bootstrap_.log_n();
  const auto& key = require(keys, ckks::conjugation_key_id(log_n));
  return ckks::apply_galois(context_->ring(), w, ring::galois_of_conjugation(log_n), key);
}

Ciphertext Bootstrapper::reduce(const ckks::EvaluationKeys& keys, Ciphertext t, const BootstrapScales& scales) const {
  Ciphertext y = eval_mod(scales).apply(std::move(t), require(keys, ckks::relinearization_key_id()));
  return relabelled(std::move(y), scales.output);
}

Ciphertext Bootstrapper::reduce_both(const ckks::EvaluationKeys& keys, const Ciphertext& w,
                                     const Ciphertext& conjugated, const BootstrapScales& scales) const {
  const ring::RingContext& ring = context_->ring();
  Ciphertext real = reduce(keys, ckks::add(ring, w, conjugated), scales);
  if (bootstrap_.literal().real) return real;
  const Ciphertext imaginary = reduce(keys, twice_imaginary(ring, w, conjugated), scales);
  return ckks::add(ring, real, ckks::multiply_by_i(ring, imaginary, 1));
}

Ciphertext Bootstrapper::bootstrap(const ckks::EvaluationKeys& keys, const Ciphertext& x, const BootstrapScales& scales,
                                   base::Trace* trace) const {
  RunningBootstrap running(*this, keys, x, scales, trace);
  while (!running.done()) running.run_next();
  return std::move(running).result();
}

std::pair<Ciphertext, Ciphertext> Bootstrapper::bootstrap_pair(const ckks::EvaluationKeys& keys, const Ciphertext& a,
                                                               const Ciphertext& b, const BootstrapScales& scales,
                                                               base::Trace* trace) const {
  OBSCURA_CHECK(!bootstrap_.literal().real, "a bootstrap of real values holds no pairs");
  const ring::RingContext& ring = context_->ring();
  const ckks::LowerView low_a(ring, a, bootstrap_.input_level());
  const ckks::LowerView low_b(ring, b, bootstrap_.input_level());
  const Ciphertext joined = ckks::add(ring, *low_a, ckks::multiply_by_i(ring, *low_b, 1));
  RunningBootstrap running(*this, keys, joined, scales, trace);
  while (!running.raised()) running.run_next();
  const Ciphertext w = std::move(running).result();
  const Ciphertext conjugated = conjugate(keys, w);
  Ciphertext first = reduce(keys, ckks::add(ring, w, conjugated), scales);
  return {std::move(first), reduce(keys, twice_imaginary(ring, w, conjugated), scales)};
}

double Bootstrapper::diagonal_bytes() const {
  double bytes = 0;
  for (const DftTransform& transform : slots_to_coeffs_) bytes += transform.diagonal_bytes();
  for (const LastMatrix& last : last_matrices_) bytes += last.transform.diagonal_bytes();
  for (const DftTransform& transform : coeffs_to_slots_) bytes += transform.diagonal_bytes();
  return bytes;
}

}  // namespace obscura::fhe::boot
