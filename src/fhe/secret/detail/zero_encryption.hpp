#pragma once

#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::secret::detail {

/// e - a s over the basis of `a`, which `s` covers, with a fresh error e: the first half of a symmetric
/// encryption of zero. Constant-time. Cost: one NTT per limb.
[[nodiscard]] ring::EvaluationPoly encrypt_zero(const ring::RingContext& ring, const ring::EvaluationPoly& a,
                                                const ring::EvaluationPoly& s, random::Stream& error_stream);

}  // namespace obscura::fhe::secret::detail
