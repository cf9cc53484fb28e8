#include "fhe/secret/encapsulation_keys.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/encapsulation.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/ring/secret_poly.hpp"
#include "fhe/secret/detail/zero_encryption.hpp"

namespace obscura::fhe::secret {
namespace {

using Halves = std::vector<ring::EvaluationPoly>;

ckks::SwitchingKey make_to_sparse(const ring::RingContext& ring, const ring::EvaluationPoly& dense,
                                  const ring::EvaluationPoly& sparse, const random::Seed256& seed,
                                  random::Stream& error_stream) {
  const ring::Basis basis = ring::encapsulation_basis();
  const ring::SecretPoly factor(ring::restrict_to(ring, dense, basis));
  Halves a;
  Halves b;
  a.push_back(ring::uniform(ring, basis, seed, 0));
  b.push_back(detail::encrypt_zero(ring, a.front(), sparse, error_stream));
  ring::add_bottom_multiple(ring, b.front(), factor.reveal_secret());
  return {std::move(b), std::move(a), seed, params::Level(0)};
}

ckks::SwitchingKey make_to_dense(const ring::RingContext& ring, const ring::EvaluationPoly& dense,
                                 const ring::EvaluationPoly& sparse, params::Level level, const random::Seed256& seed,
                                 random::Stream& error_stream) {
  const ring::Basis basis = ring.basis_qp(level);
  Halves a;
  Halves b;
  for (int digit = 0; digit < ring.params().digit_count(level); ++digit) {
    a.push_back(ring::uniform(ring, basis, seed, static_cast<std::uint64_t>(digit)));
    b.push_back(detail::encrypt_zero(ring, a.back(), dense, error_stream));
    ring::add_gadget_multiple(ring, b.back(), sparse, digit);
  }
  return {std::move(b), std::move(a), seed, level};
}

}  // namespace

EncapsulationKeys make_encapsulation_keys(const ring::RingContext& ring, const SecretKey& secret, params::Level level,
                                          const random::Seed256& public_seed, random::Stream& error_stream,
                                          random::Stream& sparse_stream) {
  const base::Result<void> secure = params::check_sparse_secret(ring.params());
  OBSCURA_CHECK(secure.has_value(), secure.error().message.c_str());
  OBSCURA_CHECK(level >= params::Level(0) && level <= ring.params().max_level(), "the level is outside the chain");
  const ring::SecretPoly sparse =
      ring::sample_sparse_ternary(ring, ring.basis_qp(level), params::kSparseWeight, sparse_stream);
  const ring::EvaluationPoly& dense = secret.reveal_secret();
  return {make_to_sparse(ring, dense, sparse.reveal_secret(), random::derive_seed(public_seed, 0), error_stream),
          make_to_dense(ring, dense, sparse.reveal_secret(), level, random::derive_seed(public_seed, 1), error_stream)};
}

}  // namespace obscura::fhe::secret
