#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/detail/embedding.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Slots <-> polynomials by the canonical embedding (Cheon, Kim, Kim, Song, ASIACRYPT 2017): slot j is the
/// value at zeta^(5^j), zeta = exp(i pi / N). Immutable tables; safe to use from several threads.
class Encoder {
 public:
  /// `ring` must outlive the encoder. Cost: N sines and cosines.
  explicit Encoder(const ring::RingContext& ring);

  [[nodiscard]] const params::ParamSet& params() const { return ring_->params(); }
  [[nodiscard]] const base::Parallel& parallel() const { return ring_->parallel(); }

  /// Up to N/2 slots (missing ones are 0), rounded to integers at `scale`. `extended`: over basis_qp.
  /// Values must be finite and satisfy |v| * scale < 2^62. Cost: one complex FFT of N/2 and one NTT per limb.
  [[nodiscard]] Plaintext encode(std::span<const std::complex<double>> slots, params::Level level,
                                 const params::Scale& scale, bool extended = false) const;
  /// The rounded coefficients alone, before reduction: N integers.
  [[nodiscard]] std::vector<std::int64_t> encode_coefficients(std::span<const std::complex<double>> slots,
                                                              double scale) const;
  /// What encode() makes of such coefficients. Cost: one NTT per limb.
  [[nodiscard]] Plaintext encode_rounded(std::span<const std::int64_t> coefficients, params::Level level,
                                         const params::Scale& scale, bool extended = false) const;
  /// N/2 slots. Reads at most two limbs: the coefficients of the message must stay below q_0 q_1 / 2 (q_0 / 2 at
  /// level 0). Constant-time with respect to the values. Cost: at most two NTTs and one complex FFT of N/2.
  [[nodiscard]] std::vector<std::complex<double>> decode(const Plaintext& plaintext) const;

 private:
  /// The same into `out`. [N]
  void round_coefficients(std::span<const std::complex<double>> slots, double scale, std::span<std::int64_t> out) const;
  const ring::RingContext* ring_;
  detail::Embedding embedding_;
};

}  // namespace obscura::fhe::ckks
