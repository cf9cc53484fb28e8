#include "fhe/secret/detail/gadget_encryption.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include "fhe/ring/gadget.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/secret/detail/zero_encryption.hpp"

namespace obscura::fhe::secret::detail {

ckks::SwitchingKey encrypt_gadget(const ring::RingContext& ring, const ring::EvaluationPoly& from,
                                  const ring::EvaluationPoly& to, params::Level level,
                                  const random::Seed256& public_seed, random::Stream& error_stream) {
  std::vector<ring::EvaluationPoly> b;
  std::vector<ring::EvaluationPoly> a;
  for (int digit = 0; digit < ring.params().digit_count(level); ++digit) {
    a.push_back(ring::uniform(ring, ring.basis_qp(level), public_seed, static_cast<std::uint64_t>(digit)));
    b.push_back(encrypt_zero(ring, a.back(), to, error_stream));
    ring::add_gadget_multiple(ring, b.back(), from, digit);
  }
  return {std::move(b), std::move(a), public_seed, level};
}

}  // namespace obscura::fhe::secret::detail
