#include "fhe/ckks/encoder.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::ckks {
namespace {

constexpr double kLargestCoefficient = 0x1p62;

/// Scratch memory of the pool as doubles, which begin their life here.
std::span<double> as_doubles(base::Buffer& buffer) {
  return {new (buffer.data()) double[buffer.size()], buffer.size()};
}

/// All ones when r stands for a negative number modulo q.
std::uint64_t sign_mask(std::uint64_t r, std::uint64_t q) {
  return std::uint64_t{0} - ((q / 2 - r) >> 63);
}

/// The number in (-q/2, q/2) that r stands for; exact, since q < 2^50.
double centered(std::uint64_t r, std::uint64_t q) {
  return static_cast<double>(static_cast<std::int64_t>(r - (q & sign_mask(r, q))));
}

/// Composes the centred integers of one or two limbs: x = r0 + q0 h with r0 and h centred is itself centred, and
/// the sum loses at most two bits of a double, whatever its size.
void compose(const ring::RingContext& ring, const ring::CoefficientPoly& poly, std::size_t offset,
             std::span<double> out) {
  const auto& q0 = ring.modulus(poly.basis(), 0);
  const std::uint64_t* low = poly.limb(0).data() + offset;
  if (poly.limbs() == 1) {
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = centered(low[k], q0.value());
    return;
  }
  const auto& q1 = ring.modulus(poly.basis(), 1);
  const std::uint64_t* high = poly.limb(1).data() + offset;
  const auto inverse = make_shoup(inv_mod(q0.value() % q1.value(), q1), q1);
  const auto q0_as_double = static_cast<double>(q0.value());
  for (std::size_t k = 0; k < out.size(); ++k) {
    const std::uint64_t quotient = mul_shoup(sub_mod(high[k], reduce(low[k], q1), q1), inverse, q1);
    const std::uint64_t h = add_mod(quotient, sign_mask(low[k], q0.value()) & 1, q1);
    out[k] = centered(low[k], q0.value()) + q0_as_double * centered(h, q1.value());
  }
}

}  // namespace

Encoder::Encoder(const ring::RingContext& ring) : ring_(&ring), embedding_(ring.params().log_n()) {}

void Encoder::round_coefficients(std::span<const std::complex<double>> slots, double scale,
                                 std::span<std::int64_t> out) const {
  const std::size_t n = embedding_.slots();
  OBSCURA_CHECK(slots.size() <= n, "there are more values than slots");
  base::Buffer scratch = ring_->pool().acquire(2 * n);
  const std::span<double> values = as_doubles(scratch);
  embedding_.from_slots(slots, values.first(n), values.last(n));
  const double factor = scale / static_cast<double>(n);
  bool fits = true;
  for (std::size_t k = 0; k < 2 * n; ++k) {
    const double value = values[k] * factor;
    fits = fits & (std::abs(value) < kLargestCoefficient);
    out[k] = std::llrint(value);
  }
  OBSCURA_CHECK(fits, "a value is not finite, or too large for its scale");
}

std::vector<std::int64_t> Encoder::encode_coefficients(std::span<const std::complex<double>> slots,
                                                       double scale) const {
  std::vector<std::int64_t> coefficients(2 * embedding_.slots());
  round_coefficients(slots, scale, coefficients);
  return coefficients;
}

Plaintext Encoder::encode(std::span<const std::complex<double>> slots, params::Level level, const params::Scale& scale,
                          bool extended) const {
  base::Buffer scratch = ring_->pool().acquire(2 * embedding_.slots());
  // The signed type of the buffer's words: the same objects.
  const std::span coefficients(reinterpret_cast<std::int64_t*>(scratch.data()), scratch.size());
  round_coefficients(slots, scale.value(ring_->params()), coefficients);
  return encode_rounded(coefficients, level, scale, extended);
}

Plaintext Encoder::encode_rounded(std::span<const std::int64_t> coefficients, params::Level level,
                                  const params::Scale& scale, bool extended) const {
  OBSCURA_CHECK(level >= params::Level(0) && level <= ring_->params().max_level(), "the level is outside the chain");
  const ring::Basis basis = extended ? ring_->basis_qp(level) : ring_->basis_q(level);
  return {ring::from_signed(*ring_, coefficients, basis), level, scale};
}

std::vector<std::complex<double>> Encoder::decode(const Plaintext& plaintext) const {
  const std::size_t n = embedding_.slots();
  const ring::Basis basis{std::min(plaintext.poly().basis().q_count, 2), 0};
  const ring::CoefficientPoly poly = ring::to_coefficient(*ring_, ring::restrict_to(*ring_, plaintext.poly(), basis));
  base::Buffer scratch = ring_->pool().acquire(2 * n);
  const std::span<double> re = as_doubles(scratch).first(n);
  const std::span<double> im = as_doubles(scratch).last(n);
  compose(*ring_, poly, 0, re);
  compose(*ring_, poly, n, im);
  std::vector<std::complex<double>> slots(n);
  embedding_.to_slots(re, im, slots);
  const double unit = 1.0 / plaintext.scale().value(ring_->params());
  for (std::complex<double>& slot : slots) slot *= unit;
  return slots;
}

}  // namespace obscura::fhe::ckks
