#include "fhe/circuits/detail/diagonal_sum.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace obscura::fhe::circuits::detail {
namespace {

/// Words of condensed diagonals that are written out at a time: all terms of a sweep stay in a second-level cache.
constexpr std::size_t kCondensedStrip = 2048;

/// Words first .. first + out.size() - 1 of a limb in which every word of `condensed` stands `run` times.
void expand_runs(std::span<const std::uint64_t> condensed, std::size_t run, std::size_t first,
                 std::span<std::uint64_t> out) {
  if (run >= out.size()) {
    std::ranges::fill(out, condensed[first / run]);
    return;
  }
  const std::uint64_t* from = condensed.data() + first / run;
  for (std::size_t k = 0; k < out.size(); k += run) std::fill_n(out.data() + k, run, *from++);
}

/// add_products of clear diagonals some of which are condensed, strip by strip.
void add_condensed(const ring::RingContext& ring, ProductSum& sum, int limb, std::span<const LimbPair> inputs,
                   std::span<const DiagonalView> diagonals, bool first, std::span<std::uint64_t> scratch) {
  const auto n = static_cast<std::size_t>(ring.degree());
  const std::size_t strip = std::min(n / 2, kCondensedStrip);  // kTermsPerSweep of them fit the scratch
  const auto& q = ring.modulus(sum.d0.basis(), limb);
  std::array<const std::uint64_t*, kTermsPerSweep> r0{};
  std::array<const std::uint64_t*, kTermsPerSweep> r1{};
  std::array<const std::uint64_t*, kTermsPerSweep> w{};
  for (std::size_t place = 0; place < n; place += strip) {
    for (std::size_t t = 0; t < inputs.size(); ++t) {
      r0[t] = inputs[t].r0 + place;
      r1[t] = inputs[t].r1 + place;
      const std::span<const std::uint64_t> words = diagonals[t].w0->limb(limb);
      const std::span<std::uint64_t> expanded = scratch.subspan(t * strip, strip);
      if (words.size() < n) expand_runs(words, n / words.size(), place, expanded);
      w[t] = words.size() < n ? expanded.data() : words.data() + place;
    }
    ring.kernels().inner_product_pair(sum.d0.limb(limb).data() + place, sum.d1.limb(limb).data() + place, w.data(),
                                      r0.data(), r1.data(), inputs.size(), strip, q, !first);
  }
}

}  // namespace

ProductSum make_product_sum(const ring::RingContext& ring, const ring::Basis& basis, bool clear) {
  constexpr auto kEvaluation = ring::Domain::kEvaluation;
  ProductSum sum{ring.make<kEvaluation>(basis), ring.make<kEvaluation>(basis), {}};
  if (!clear) sum.d2 = ring.make<kEvaluation>(basis);
  return sum;
}

void add_products(const ring::RingContext& ring, ProductSum& sum, int limb, std::span<const LimbPair> inputs,
                  std::span<const DiagonalView> diagonals, bool first, std::span<std::uint64_t> scratch) {
  const std::size_t terms = inputs.size();
  OBSCURA_CHECK(terms >= 1 && terms <= kTermsPerSweep && diagonals.size() == terms, "too many products for a sweep");
  const auto is_condensed = [&](const DiagonalView& diagonal) { return diagonal.w0->degree() < ring.degree(); };
  if (std::ranges::any_of(diagonals, is_condensed)) {
    OBSCURA_CHECK(sum.clear(), "only clear diagonals are condensed");
    add_condensed(ring, sum, limb, inputs, diagonals, first, scratch);
    return;
  }
  std::array<const std::uint64_t*, kTermsPerSweep> r0{};
  std::array<const std::uint64_t*, kTermsPerSweep> r1{};
  std::array<const std::uint64_t*, kTermsPerSweep> w0{};
  std::array<const std::uint64_t*, kTermsPerSweep> w1{};
  for (std::size_t t = 0; t < terms; ++t) {
    r0[t] = inputs[t].r0;
    r1[t] = inputs[t].r1;
    w0[t] = diagonals[t].w0->limb(limb).data();
    if (!sum.clear()) w1[t] = diagonals[t].w1->limb(limb).data();
  }
  const auto n = static_cast<std::size_t>(ring.degree());
  const auto& kernels = ring.kernels();
  const auto& q = ring.modulus(sum.d0.basis(), limb);
  std::uint64_t* const d0 = sum.d0.limb(limb).data();
  std::uint64_t* const d1 = sum.d1.limb(limb).data();
  if (sum.clear()) {
    kernels.inner_product_pair(d0, d1, w0.data(), r0.data(), r1.data(), terms, n, q, !first);
    return;
  }
  std::uint64_t* const d2 = sum.d2.limb(limb).data();
  if (first) {
    kernels.tensor_sum(d0, d1, d2, r0.data(), r1.data(), w0.data(), w1.data(), terms, n, q);
    return;
  }
  std::uint64_t* const s = scratch.data();
  kernels.tensor_sum(s, s + n, s + 2 * n, r0.data(), r1.data(), w0.data(), w1.data(), terms, n, q);
  kernels.add(d0, d0, s, n, q);
  kernels.add(d1, d1, s + n, n, q);
  kernels.add(d2, d2, s + 2 * n, n, q);
}

}  // namespace obscura::fhe::circuits::detail
