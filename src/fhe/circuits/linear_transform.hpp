#pragma once

#include <functional>
#include <span>
#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits {

/// One product of a transform: diagonal * rot_baby(input).
struct DiagonalTerm {
  int input;
  params::RotationStep baby;
  std::size_t diagonal;  ///< number by which the source is asked for it
  friend bool operator==(const DiagonalTerm&, const DiagonalTerm&) = default;
};

/// rot_giant( sum of terms ).
struct GiantStep {
  params::RotationStep giant;
  std::vector<DiagonalTerm> terms;
  friend bool operator==(const GiantStep&, const GiantStep&) = default;
};

/// y = sum over giant steps g of rot_g( sum over terms of D_t * rot_b(x_t) ): the baby-step giant-step form
/// of a matrix in diagonals (Halevi, Shoup, CRYPTO 2014 and 2018). The diagonals of giant step g are already
/// rotated by -g.
struct LinearTransform {
  std::vector<GiantStep> steps;
  /// Diagonals modulo Q_l P: rotated inputs stay modulo Q_l P, and each giant step divides by P once.
  /// Otherwise modulo Q_l, and each baby rotation is divided by P by itself.
  bool extended = false;
  /// Giant steps go one after the other, and each rotates all that stand before it along: y_0 = 0,
  /// y_i = rot_(g_i)( y_(i-1) + sum of the terms of step i ), and the last y_i is the result (Horner's rule). With
  /// equal giants one key serves all of them. Extended and clear diagonals only.
  bool horner = false;
  friend bool operator==(const LinearTransform&, const LinearTransform&) = default;
};

/// Where diagonals come from; called once per term, in the order of the terms, before any product is made, never
/// from two threads at a time. The references stay valid until the transform ends. Diagonals that do not all fit into
/// memory: running_transform.hpp.
using EncryptedDiagonals = std::function<const ckks::Ciphertext&(std::size_t diagonal)>;
using ClearDiagonals = std::function<const ckks::Plaintext&(std::size_t diagonal)>;

/// Applies the transform to inputs of one level and scale, and rescales: the result is one level lower (or,
/// with `rescale` false, at the same level at the product of the scales). Products with encrypted diagonals
/// accumulate in three parts and are relinearised once per giant step, fused with its rotation.
/// Needs the kGalois keys of all baby steps and giant steps, and kRelinearize (giant 0) or kGaloisRelinearize
/// (other giants) for encrypted diagonals; a missing key is a bug of the caller.
/// All diagonals have the same scale; extended ones are over basis_qp of the inputs' level, others over basis_q. Clear
/// ones may be condensed (ckks/condense.hpp), each as its period allows.
/// Cost with encrypted diagonals, extended: one ModUp per rotated input; giant 0 one ModDown and one key product,
/// any other giant two of each; one ModDown of both parts in the end.
[[nodiscard]] ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                     const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                                     const EncryptedDiagonals& diagonals, bool rescale);
[[nodiscard]] ckks::Ciphertext apply(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                     const LinearTransform& transform, std::span<const ckks::Ciphertext* const> inputs,
                                     const ClearDiagonals& diagonals, bool rescale);

}  // namespace obscura::fhe::circuits
