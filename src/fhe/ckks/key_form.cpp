#include "fhe/ckks/key_form.hpp"

#include "fhe/ring/encapsulation.hpp"

namespace obscura::fhe::ckks {

KeyForm key_form(const ring::RingContext& ring, KeyKind kind, params::Level level) {
  if (kind == KeyKind::kEncapsulate) return {ring::encapsulation_basis(), 1};
  return {ring.basis_qp(level), ring.params().digit_count(level)};
}

}  // namespace obscura::fhe::ckks
