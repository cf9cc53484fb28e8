#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// A plaintext whose slots repeat with a period is a polynomial in X^repeat, repeat = slots / period: its values come
/// in runs of `repeat` equal ones in evaluation order. This keeps one of each run: a plaintext whose polynomial has N /
/// repeat words per limb, for circuits::LinearTransform only. Level and scale stay. `period`: a power of two, 1..N/2;
/// that the slots have it is the caller's promise (checked in debug builds).
[[nodiscard]] Plaintext condense(const ring::RingContext& ring, const Plaintext& plaintext, int period);

}  // namespace obscura::fhe::ckks
