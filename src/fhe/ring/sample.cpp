#include "fhe/ring/sample.hpp"

#include <algorithm>
#include <array>

#include "fhe/random/sampler.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

/// Samples in small blocks, so that no second copy of secret coefficients stays behind.
template <class Sampler>
std::vector<std::int64_t> widened(int degree, random::Stream& stream, const Sampler& sampler) {
  std::vector<std::int64_t> coefficients(static_cast<std::size_t>(degree));
  std::array<std::int8_t, 512> block{};
  for (std::size_t done = 0; done < coefficients.size(); done += block.size()) {
    const std::span<std::int8_t> part(block.data(), std::min(block.size(), coefficients.size() - done));
    sampler(stream, part);
    std::copy(part.begin(), part.end(), coefficients.begin() + static_cast<std::ptrdiff_t>(done));
  }
  for (volatile std::int8_t& value : block) value = 0;
  return coefficients;
}

}  // namespace

EvaluationPoly uniform(const RingContext& ring, const Basis& basis, const random::Seed256& seed, std::uint64_t index) {
  OBSCURA_CHECK(ring.contains(basis), "the basis is not of this ring");
  const random::Seed256 poly_seed = random::derive_seed(seed, index);
  auto out = ring.make<Domain::kEvaluation>(basis);
  for_each_task(ring, basis.limbs(), [&](int i) {
    const arith::Modulus& prime = ring.modulus(basis, i);
    ring.kernels().uniform(out.limb(i).data(), static_cast<std::size_t>(ring.degree()), prime,
                           random::public_stream_state(poly_seed, random::Domain::kUniform, prime.value()));
  });
  return out;
}

std::vector<std::int64_t> error_coefficients(int degree, random::Stream& stream) {
  return widened(degree, stream, random::centred_binomial);
}

std::vector<std::int64_t> ternary_coefficients(int degree, random::Stream& stream) {
  return widened(degree, stream, random::ternary);
}

}  // namespace obscura::fhe::ring
