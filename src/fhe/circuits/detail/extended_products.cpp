#include "fhe/circuits/detail/extended_products.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/buffer.hpp"
#include "fhe/circuits/detail/rotated_limb.hpp"

namespace obscura::fhe::circuits::detail {
namespace {

/// One limb of one giant step's sum.
void sum_limb(const ring::RingContext& ring, RotatedLimb& rotated, std::span<const std::size_t> rotation_of,
              std::span<const DiagonalView> diagonals, ProductSum& sum, int limb, std::span<std::uint64_t> scratch) {
  std::array<LimbPair, kTermsPerSweep> pairs{};
  for (std::size_t first = 0; first < rotation_of.size(); first += kTermsPerSweep) {
    const std::size_t terms = std::min(kTermsPerSweep, rotation_of.size() - first);
    for (std::size_t t = 0; t < terms; ++t) pairs[t] = rotated.get(rotation_of[first + t]);
    add_products(ring, sum, limb, std::span(pairs).first(terms), diagonals.subspan(first, terms), first == 0, scratch);
    for (std::size_t t = 0; t < terms; ++t) rotated.release(rotation_of[first + t]);
  }
}

}  // namespace

std::vector<ProductSum> extended_products(const ring::RingContext& ring, const TermPlan& plan,
                                          std::span<const ckks::Ciphertext* const> inputs,
                                          std::span<const std::vector<DiagonalView>> diagonals) {
  const HoistedInputs hoisted = hoist_inputs(ring, plan, inputs);
  std::vector<ProductSum> sums;
  for (const std::vector<DiagonalView>& step : diagonals) {
    sums.push_back(make_product_sum(ring, hoisted.basis, step.front().w1 == nullptr));
  }
  ring.parallel().for_each(static_cast<std::size_t>(hoisted.basis.limbs()), [&](std::size_t i) {
    const int limb = static_cast<int>(i);
    RotatedLimb rotated(ring, plan, hoisted, limb);
    base::Buffer scratch = ring.pool().acquire(3 * static_cast<std::size_t>(ring.degree()));
    for (std::size_t s = 0; s < sums.size(); ++s) {
      sum_limb(ring, rotated, plan.rotation_of[s], diagonals[s], sums[s], limb, scratch.words());
    }
  });
  return sums;
}

}  // namespace obscura::fhe::circuits::detail
