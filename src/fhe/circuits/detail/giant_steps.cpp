#include "fhe/circuits/detail/giant_steps.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ring/add_switched.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/gadget.hpp"

namespace obscura::fhe::circuits::detail {
namespace {

bool over_qp(const ring::EvaluationPoly& a) {
  return a.basis().p_count > 0;
}

ring::EvaluationPoly to_q(const ring::RingContext& ring, ring::EvaluationPoly a) {
  return over_qp(a) ? ring::mod_down(ring, a) : std::move(a);
}

ring::EvaluationPoly to_qp(const ring::RingContext& ring, ring::EvaluationPoly a) {
  return over_qp(a) ? std::move(a) : ring::lift_times_p(ring, a);
}

}  // namespace

void GiantSteps::add(params::RotationStep giant, ProductSum sum) {
  const ring::GaloisElement g = ring::galois_of_rotation(giant, ring_.params().log_n());
  if (g == ring::GaloisElement(1)) {
    add_unrotated(std::move(sum));
  } else {
    add_rotated(g, std::move(sum));
  }
}

void GiantSteps::add_and_rotate(params::RotationStep giant, ProductSum sum) {
  OBSCURA_CHECK(sum.clear() && over_qp(sum.d0), "Horner's rule takes extended clear diagonals");
  ring::PolyPair next{std::move(sum.d0), std::move(sum.d1)};
  if (total_.c0.limbs() > 0) add_pending(next);
  total_ = std::move(next);
  pending_ = ring::galois_of_rotation(giant, ring_.params().log_n());
}

void GiantSteps::add_pending(ring::PolyPair& sum) {
  if (pending_ == ring::GaloisElement(1)) {
    ring::add_in_place(ring_, sum.c0, total_.c0);
    ring::add_in_place(ring_, sum.c1, total_.c1);
    return;
  }
  const ring::EvaluationPoly c1 = to_q(ring_, std::move(total_.c1));
  const ckks::SwitchingKey& key =
      require_key(keys_, {ckks::KeyKind::kGalois, pending_}, params::Level(c1.basis().q_count - 1));
  ring::add_switched(ring_, c1, key.halves(), total_.c0, pending_, sum);
}

void GiantSteps::add_unrotated(ProductSum sum) {
  if (sum.clear()) {
    add_total(std::move(sum.d0), std::move(sum.d1));
    return;
  }
  const ring::EvaluationPoly d2 = to_q(ring_, std::move(sum.d2));
  ring::EvaluationPoly t0 = to_qp(ring_, std::move(sum.d0));
  ring::EvaluationPoly t1 = to_qp(ring_, std::move(sum.d1));
  multiply_key(d2, {ckks::KeyKind::kRelinearize, ring::GaloisElement(1)}, t0, t1, true);
  add_total(std::move(t0), std::move(t1));
}

void GiantSteps::add_rotated(ring::GaloisElement g, ProductSum sum) {
  ring::EvaluationPoly t0;
  ring::EvaluationPoly t1;
  multiply_key(to_q(ring_, std::move(sum.d1)), {ckks::KeyKind::kGalois, g}, t0, t1, false);
  if (!sum.clear()) {
    multiply_key(to_q(ring_, std::move(sum.d2)), {ckks::KeyKind::kGaloisRelinearize, g}, t0, t1, true);
  }
  ring::add_in_place(ring_, t0, to_qp(ring_, std::move(sum.d0)));
  add_total(ring::automorphism(ring_, t0, g), ring::automorphism(ring_, t1, g));
}

void GiantSteps::multiply_key(const ring::EvaluationPoly& a, ckks::KeyId id, ring::EvaluationPoly& out0,
                              ring::EvaluationPoly& out1, bool accumulate) const {
  const ckks::SwitchingKey& key = require_key(keys_, id, params::Level(a.basis().q_count - 1));
  ring::decompose_and_multiply(ring_, a, key.halves(), out0, out1, accumulate);
}

void GiantSteps::add_total(ring::EvaluationPoly t0, ring::EvaluationPoly t1) {
  if (total_.c0.limbs() == 0) {
    total_.c0 = std::move(t0);
    total_.c1 = std::move(t1);
    return;
  }
  if (over_qp(t0) != over_qp(total_.c0)) {
    total_.c0 = to_qp(ring_, std::move(total_.c0));
    total_.c1 = to_qp(ring_, std::move(total_.c1));
    t0 = to_qp(ring_, std::move(t0));
    t1 = to_qp(ring_, std::move(t1));
  }
  ring::add_in_place(ring_, total_.c0, t0);
  ring::add_in_place(ring_, total_.c1, t1);
}

ckks::Ciphertext GiantSteps::finish(params::Level level, const params::Scale& scale, bool rescale) {
  OBSCURA_CHECK(!rescale || level > params::Level(0), "no level is left");
  if (pending_ != ring::GaloisElement(1)) {
    ring::PolyPair rotated{ring_.make<ring::Domain::kEvaluation>(total_.c0.basis()),
                           ring_.make<ring::Domain::kEvaluation>(total_.c0.basis())};
    for (auto* part : {&rotated.c0, &rotated.c1}) std::ranges::fill(part->words(), 0);
    add_pending(rotated);
    total_ = std::move(rotated);
  }
  if (!over_qp(total_.c0)) {
    ckks::Ciphertext result(std::move(total_.c0), std::move(total_.c1), level, scale);
    return rescale ? ckks::rescale(ring_, result) : std::move(result);
  }
  return divided(ring_, total_, level, scale, rescale);
}

ckks::Ciphertext GiantSteps::finish_partial(params::Level level, const params::Scale& scale) {
  OBSCURA_CHECK(pending_ == ring::GaloisElement(1), "Horner's rule gives no partial sums");
  return {to_qp(ring_, std::move(total_.c0)), to_qp(ring_, std::move(total_.c1)), level, scale};
}

ckks::Ciphertext divided(const ring::RingContext& ring, const ring::PolyPair& total, params::Level level,
                         const params::Scale& scale, bool rescale) {
  ring::PolyPair parts = ring::divide_pair(ring, total, rescale);
  if (!rescale) return {std::move(parts.c0), std::move(parts.c1), level, scale};
  return {std::move(parts.c0), std::move(parts.c1), params::Level(level.value() - 1),
          scale.divided_by_prime(params::PrimeIndex(level.value()))};
}

}  // namespace obscura::fhe::circuits::detail
