#include "fhe/circuits/detail/diagonal_sum.hpp"

#include <array>

#include "base/check.hpp"

namespace obscura::fhe::circuits::detail {

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
