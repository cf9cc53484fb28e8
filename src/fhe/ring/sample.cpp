#include "fhe/ring/sample.hpp"

#include "fhe/random/sampler.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
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

SecretCoefficients error_coefficients(int degree, random::Stream& stream) {
  SecretCoefficients coefficients(degree);
  random::centred_binomial(stream, coefficients.reveal_secret());
  return coefficients;
}

SecretCoefficients ternary_coefficients(int degree, random::Stream& stream) {
  SecretCoefficients coefficients(degree);
  random::ternary(stream, coefficients.reveal_secret());
  return coefficients;
}

SecretCoefficients sparse_ternary_coefficients(int degree, int weight, random::Stream& stream) {
  SecretCoefficients coefficients(degree);
  random::sparse_ternary(stream, coefficients.reveal_secret(), weight);
  return coefficients;
}

EvaluationPoly from_signed(const RingContext& ring, const SecretCoefficients& coefficients, const Basis& basis) {
  const std::span<const std::int8_t> small = coefficients.reveal_secret();
  OBSCURA_CHECK(ring.contains(basis) && small.size() == static_cast<std::size_t>(ring.degree()),
                "N coefficients are needed");
  auto out = ring.make<Domain::kEvaluation>(basis);
  for_each_task(ring, basis.limbs(), [&](int i) {
    std::uint64_t* limb = out.limb(i).data();
    ring.kernels().from_small(limb, small.data(), small.size(), ring.modulus(basis, i));
    ring.kernels().ntt_forward(limb, ring.ntt(basis, i));
  });
  return out;
}

}  // namespace obscura::fhe::ring
