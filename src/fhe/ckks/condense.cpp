#include "fhe/ckks/condense.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "base/check.hpp"

namespace obscura::fhe::ckks {
namespace {

[[maybe_unused]] bool in_runs(std::span<const std::uint64_t> words, std::size_t run) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != words[i - i % run]) return false;
  }
  return true;
}

}  // namespace

Plaintext condense(const ring::RingContext& ring, const Plaintext& plaintext, int period) {
  const int slots = ring.params().slots();
  OBSCURA_CHECK(period >= 1 && period <= slots && std::has_single_bit(static_cast<unsigned>(period)),
                "a period is a power of two of at most all slots");
  OBSCURA_CHECK(plaintext.poly().degree() == ring.degree(), "the plaintext is condensed already");
  const ring::Basis basis = plaintext.poly().basis();
  const auto run = static_cast<std::size_t>(slots / period);
  const auto words = static_cast<std::size_t>(2 * period);
  ring::EvaluationPoly poly(basis, 2 * period, ring.pool().acquire(static_cast<std::size_t>(basis.limbs()) * words));
  for (int i = 0; i < basis.limbs(); ++i) {
    const std::span<const std::uint64_t> from = plaintext.poly().limb(i);
    OBSCURA_DCHECK(in_runs(from, run), "the slots do not have this period");
    const std::span<std::uint64_t> to = poly.limb(i);
    for (std::size_t k = 0; k < words; ++k) to[k] = from[k * run];
  }
  return {std::move(poly), plaintext.level(), plaintext.scale()};
}

}  // namespace obscura::fhe::ckks
