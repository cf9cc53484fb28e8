#include "fhe/circuits/detail/extended_products.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/buffer.hpp"

namespace obscura::fhe::circuits::detail {

ExtendedProducts::ExtendedProducts(const ring::RingContext& ring, const TermPlan& plan,
                                   std::span<const ckks::Ciphertext* const> inputs)
    : ring_(ring),
      plan_(plan),
      hoisted_(hoist_inputs(ring, plan, inputs)),
      rotated_(static_cast<std::size_t>(hoisted_.basis.limbs())) {}

void ExtendedProducts::add(std::span<const TermRun> runs, bool last) {
  ring_.parallel().for_each(rotated_.size(), [&](std::size_t i) {
    const int limb = static_cast<int>(i);
    std::optional<RotatedLimb>& rotated = rotated_[i];
    if (!rotated.has_value()) rotated.emplace(ring_, plan_, hoisted_, limb);
    add_limb(runs, limb, *rotated);
    if (last) rotated.reset();
  });
}

void ExtendedProducts::add_limb(std::span<const TermRun> runs, int limb, RotatedLimb& rotated) const {
  base::Buffer scratch = ring_.pool().acquire(3 * static_cast<std::size_t>(ring_.degree()));
  std::array<LimbPair, kTermsPerSweep> pairs{};
  for (const TermRun& run : runs) {
    const auto rotation_of = std::span(plan_.rotation_of[run.step]).subspan(run.first, run.diagonals.size());
    for (std::size_t first = 0; first < rotation_of.size(); first += kTermsPerSweep) {
      const std::size_t terms = std::min(kTermsPerSweep, rotation_of.size() - first);
      for (std::size_t t = 0; t < terms; ++t) pairs[t] = rotated.get(rotation_of[first + t]);
      add_products(ring_, *run.sum, limb, std::span(pairs).first(terms), run.diagonals.subspan(first, terms),
                   run.first + first == 0, scratch.words());
      for (std::size_t t = 0; t < terms; ++t) rotated.release(rotation_of[first + t]);
    }
  }
}

}  // namespace obscura::fhe::circuits::detail
