#include "fhe/secret/detail/zero_encryption.hpp"

#include <utility>

#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/secret_poly.hpp"

namespace obscura::fhe::secret::detail {

ring::EvaluationPoly encrypt_zero(const ring::RingContext& ring, const ring::EvaluationPoly& a,
                                  const ring::EvaluationPoly& s, random::Stream& error_stream) {
  const ring::SecretPoly error = ring::sample_error(ring, a.basis(), error_stream);
  const ring::SecretPoly restricted(ring::restrict_to(ring, s, a.basis()));
  const ring::SecretPoly product(ring::multiply(ring, a, restricted.reveal_secret()));
  return ring::sub(ring, error.reveal_secret(), product.reveal_secret());
}

}  // namespace obscura::fhe::secret::detail
