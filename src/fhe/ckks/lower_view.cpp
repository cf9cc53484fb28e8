#include "fhe/ckks/lower_view.hpp"

#include "base/check.hpp"

namespace obscura::fhe::ckks {
namespace {

ring::EvaluationPoly first_limbs(const ring::EvaluationPoly& whole, const ring::Basis& basis) {
  const auto words = static_cast<std::size_t>(basis.limbs()) * static_cast<std::size_t>(whole.degree());
  return {basis, whole.degree(), whole.borrow_storage(words)};
}

Ciphertext view_of(const ring::RingContext& ring, const Ciphertext& whole, params::Level level) {
  OBSCURA_CHECK(!whole.extended(), "an extended ciphertext is divided by P first");
  OBSCURA_CHECK(level >= params::Level(0) && level <= whole.level(), "levels can be dropped, not won");
  const ring::Basis basis = ring.basis_q(level);
  return {first_limbs(whole.c0(), basis), first_limbs(whole.c1(), basis), level, whole.scale()};
}

}  // namespace

LowerView::LowerView(const ring::RingContext& ring, const Ciphertext& whole, params::Level level)
    : view_(view_of(ring, whole, level)) {}

}  // namespace obscura::fhe::ckks
