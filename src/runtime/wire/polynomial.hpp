#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::runtime::wire {

/// Bytes of one polynomial over a basis: limb after limb, each residue in as many bits as its prime, each limb
/// starting on a byte.
[[nodiscard]] std::size_t packed_bytes(const fhe::ring::RingContext& ring, const fhe::ring::Basis& basis);

/// Appends the polynomial to `out`.
void append_packed(const fhe::ring::RingContext& ring, const fhe::ring::EvaluationPoly& poly,
                   std::vector<std::uint8_t>& out);

/// Reads what append_packed wrote: exactly packed_bytes of hostile bytes. Errors: kCorrupt, naming `what`, for a
/// residue that is not below its prime, non-zero padding, or - as no honest sampler gives it - all zeros.
/// Parallel over limbs.
[[nodiscard]] base::Result<fhe::ring::EvaluationPoly> unpack(const fhe::ring::RingContext& ring,
                                                             const fhe::ring::Basis& basis,
                                                             std::span<const std::uint8_t> bytes,
                                                             std::string_view what);

}  // namespace obscura::runtime::wire
