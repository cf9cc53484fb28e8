#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace obscura::base {

/// What unpack_bits saw, for the caller's conformance checks.
struct UnpackSummary {
  std::uint64_t largest;  ///< the greatest value, 0 when there is none
  bool padding_is_zero;   ///< whether the bits behind the last value, up to the end of its byte, are zero
};

/// Bytes that `count` values of `bits` bits take.
[[nodiscard]] std::size_t packed_size(std::size_t count, int bits);

/// Writes values (each below 2^bits, 1 <= bits <= 64) back to back: value i takes the bits
/// [i*bits, (i+1)*bits), where bit b is bit b%8 of byte b/8. `out` has packed_size bytes.
/// A residue below 2^50 takes 0.78 of a word this way, and residues do not compress further.
void pack_bits(std::span<const std::uint64_t> values, int bits, std::span<std::uint8_t> out);

/// The inverse. `packed` has packed_size(out.size(), bits) bytes. Every byte string is accepted: the
/// caller compares `largest` with the modulus.
[[nodiscard]] UnpackSummary unpack_bits(std::span<const std::uint8_t> packed, int bits, std::span<std::uint64_t> out);

}  // namespace obscura::base
