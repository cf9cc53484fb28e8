#include "fhe/secret/encapsulation_keys.hpp"

#include <utility>
#include <vector>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/encapsulation.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/ring/secret_poly.hpp"
#include "fhe/secret/detail/gadget_encryption.hpp"
#include "fhe/secret/detail/zero_encryption.hpp"

namespace obscura::fhe::secret {
namespace {

ckks::SwitchingKey make_to_sparse(const ring::RingContext& ring, const ring::EvaluationPoly& dense,
                                  const ring::EvaluationPoly& sparse, const random::Seed256& seed,
                                  random::Stream& error_stream) {
  const ring::Basis basis = ring::encapsulation_basis();
  const ring::SecretPoly factor(ring::restrict_to(ring, dense, basis));
  std::vector<ring::EvaluationPoly> a;
  std::vector<ring::EvaluationPoly> b;
  a.push_back(ring::uniform(ring, basis, seed, 0));
  b.push_back(detail::encrypt_zero(ring, a.front(), sparse, error_stream));
  ring::add_bottom_multiple(ring, b.front(), factor.reveal_secret());
  return {std::move(b), std::move(a), seed, params::Level(0)};
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
          detail::encrypt_gadget(ring, sparse.reveal_secret(), dense, level, random::derive_seed(public_seed, 1),
                                 error_stream)};
}

}  // namespace obscura::fhe::secret
