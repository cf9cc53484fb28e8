#pragma once

#include "fhe/params/index.hpp"
#include "fhe/params/scale.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"

namespace obscura::fhe::ckks {

/// An encoded message: polynomial modulo Q_level (or Q_level * P for diagonals that meet extended
/// ciphertexts), with the scale it carries. Level and scale are fixed at construction.
class Plaintext {
 public:
  Plaintext(ring::EvaluationPoly poly, params::Level level, params::Scale scale)
      : poly_(std::move(poly)), level_(level), scale_(std::move(scale)) {}
  [[nodiscard]] const ring::EvaluationPoly& poly() const { return poly_; }
  [[nodiscard]] params::Level level() const { return level_; }
  [[nodiscard]] const params::Scale& scale() const { return scale_; }

 private:
  ring::EvaluationPoly poly_;
  params::Level level_;
  params::Scale scale_;
};

/// (c0, c1) with c0 + c1 s = scale * message + error, over basis_q(level) - or, when `extended`, over
/// basis_qp(level) (an encrypted diagonal that meets rotations kept modulo QP).
class Ciphertext {
 public:
  Ciphertext(ring::EvaluationPoly c0, ring::EvaluationPoly c1, params::Level level, params::Scale scale)
      : c0_(std::move(c0)), c1_(std::move(c1)), level_(level), scale_(std::move(scale)) {}
  [[nodiscard]] const ring::EvaluationPoly& c0() const { return c0_; }
  [[nodiscard]] const ring::EvaluationPoly& c1() const { return c1_; }
  [[nodiscard]] params::Level level() const { return level_; }
  [[nodiscard]] const params::Scale& scale() const { return scale_; }
  [[nodiscard]] bool extended() const { return c0_.basis().p_count > 0; }
  /// Takes the parts out, e.g. to accumulate into them.
  [[nodiscard]] std::pair<ring::EvaluationPoly, ring::EvaluationPoly> release() && {
    return {std::move(c0_), std::move(c1_)};
  }

 private:
  ring::EvaluationPoly c0_;
  ring::EvaluationPoly c1_;
  params::Level level_;
  params::Scale scale_;
};

/// (d0, d1, d2) with d0 + d1 s + d2 s^2 = scale * message + error: a product, or a sum of products, that
/// has not been relinearised.
class ProductCiphertext {
 public:
  ProductCiphertext(ring::EvaluationPoly d0, ring::EvaluationPoly d1, ring::EvaluationPoly d2, params::Level level,
                    params::Scale scale)
      : d0_(std::move(d0)), d1_(std::move(d1)), d2_(std::move(d2)), level_(level), scale_(std::move(scale)) {}
  [[nodiscard]] const ring::EvaluationPoly& d0() const { return d0_; }
  [[nodiscard]] const ring::EvaluationPoly& d1() const { return d1_; }
  [[nodiscard]] const ring::EvaluationPoly& d2() const { return d2_; }
  [[nodiscard]] params::Level level() const { return level_; }
  [[nodiscard]] const params::Scale& scale() const { return scale_; }
  /// To add to in place.
  [[nodiscard]] ring::EvaluationPoly& d0() { return d0_; }
  [[nodiscard]] ring::EvaluationPoly& d1() { return d1_; }
  [[nodiscard]] ring::EvaluationPoly& d2() { return d2_; }

 private:
  ring::EvaluationPoly d0_;
  ring::EvaluationPoly d1_;
  ring::EvaluationPoly d2_;
  params::Level level_;
  params::Scale scale_;
};

/// A ciphertext whose uniform half is named by (seed, index) and can be expanded by anybody: what the
/// secret-key holder ships. Half the bytes. Basis q or qp as in Ciphertext.
struct SeededCiphertext {
  ring::EvaluationPoly c0;
  random::Seed256 seed;
  std::uint64_t index;
  params::Level level;
  params::Scale scale;
};

}  // namespace obscura::fhe::ckks
