#pragma once

#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// What each half of a switching key is over, and how many pairs of halves there are.
struct KeyForm {
  ring::Basis basis;
  int digits;
};

/// Of a key for ciphertexts up to `level`: modulo Q_level * P, a pair per gadget digit of that level. A key of kind
/// kEncapsulate is one pair over ring::encapsulation_basis(), whatever the level.
[[nodiscard]] KeyForm key_form(const ring::RingContext& ring, KeyKind kind, params::Level level);

}  // namespace obscura::fhe::ckks
