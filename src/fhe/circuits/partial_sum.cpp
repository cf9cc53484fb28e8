#include "fhe/circuits/partial_sum.hpp"

#include "base/check.hpp"
#include "fhe/circuits/detail/giant_steps.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::circuits {

ckks::Ciphertext join_partial(const ring::RingContext& ring, std::span<const ckks::Ciphertext* const> parts,
                              bool rescale) {
  OBSCURA_CHECK(!parts.empty(), "there is nothing to join");
  const ckks::Ciphertext& first = *parts.front();
  OBSCURA_CHECK(!rescale || first.level() > params::Level(0), "no level is left");
  for (const ckks::Ciphertext* part : parts) {
    OBSCURA_CHECK(part->c0().basis() == ring.basis_qp(first.level()) && part->c1().basis() == part->c0().basis(),
                  "a partial sum is over Q_l P");
    OBSCURA_CHECK(part->level() == first.level() && part->scale() == first.scale(),
                  "the partial sums have different levels or scales");
  }
  ring::PolyPair total{ring::clone(ring, first.c0()), ring::clone(ring, first.c1())};
  for (const ckks::Ciphertext* part : parts.subspan(1)) {
    ring::add_in_place(ring, total.c0, part->c0());
    ring::add_in_place(ring, total.c1, part->c1());
  }
  return detail::divided(ring, total, first.level(), first.scale(), rescale);
}

}  // namespace obscura::fhe::circuits
