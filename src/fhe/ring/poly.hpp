#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/buffer.hpp"
#include "base/check.hpp"

namespace obscura::fhe::ring {

/// Which moduli a polynomial is reduced by: the first q_count primes of the chain, then the first
/// p_count special primes. Limb i < q_count is modulo q_i, limb q_count + j modulo p_j.
struct Basis {
  int q_count = 0;
  int p_count = 0;
  [[nodiscard]] int limbs() const { return q_count + p_count; }
  friend bool operator==(const Basis&, const Basis&) = default;
};

/// Coefficients of the polynomial, or its values at the odd powers of the primitive 2N-th root (NTT),
/// in the order of fhe/kernels.
enum class Domain { kCoefficient, kEvaluation };

/// An element of Z_M[X]/(X^N+1) in residue form, [limbs][N] words, each canonical in [0, q_i).
/// Move-only; clone() copies.
template <Domain D>
class Poly {
 public:
  Poly() = default;
  Poly(Basis basis, int degree, base::Buffer storage) : basis_(basis), degree_(degree), storage_(std::move(storage)) {
    OBSCURA_CHECK(storage_.size() == static_cast<std::size_t>(basis.limbs()) * static_cast<std::size_t>(degree),
                  "polynomial storage does not match its shape");
  }

  [[nodiscard]] const Basis& basis() const { return basis_; }
  [[nodiscard]] int degree() const { return degree_; }
  [[nodiscard]] int limbs() const { return basis_.limbs(); }
  [[nodiscard]] std::span<std::uint64_t> limb(int i) { return storage_.words().subspan(offset(i), size()); }
  [[nodiscard]] std::span<const std::uint64_t> limb(int i) const { return storage_.words().subspan(offset(i), size()); }
  /// Hands the storage over, e.g. to a transform that works in place; the polynomial is empty then.
  [[nodiscard]] base::Buffer release_storage() && { return std::move(storage_); }
  /// The first words of the storage, as base::Buffer::borrow says: for a view over fewer limbs.
  [[nodiscard]] base::Buffer borrow_storage(std::size_t words) const { return storage_.borrow(words); }
  [[nodiscard]] std::span<std::uint64_t> words() { return storage_.words(); }
  [[nodiscard]] std::span<const std::uint64_t> words() const { return storage_.words(); }

 private:
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(degree_); }
  [[nodiscard]] std::size_t offset(int i) const { return static_cast<std::size_t>(i) * size(); }
  Basis basis_;
  int degree_ = 0;
  base::Buffer storage_;
};

using CoefficientPoly = Poly<Domain::kCoefficient>;
using EvaluationPoly = Poly<Domain::kEvaluation>;

}  // namespace obscura::fhe::ring
