#pragma once

#include <cstdint>
#include <span>

#include "fhe/random/stream.hpp"

namespace obscura::fhe::random {

/// Uniform residues modulo q, 2 <= q < 2^63. Rule (docs/formats.md): take the stream as 64-bit
/// little-endian words, keep of each as many low bits as q - 1 has, and drop those that are >= q. Words
/// are consumed in order and not one more than needed, so several calls may follow each other on one
/// stream. Only rejected words influence the time.
void uniform(Stream& stream, std::span<std::uint64_t> out, std::uint64_t q);

/// Uniform on {-1, 0, 1} to within 2^-62 per coefficient, one 64-bit word each. Constant time.
void ternary(Stream& stream, std::span<std::int8_t> out);

/// `weight` entries 1 or -1 at places drawn without replacement, the others 0: a uniform ternary vector of that Hamming
/// weight. out.size() is a power of two of at most 2^32, 1 <= weight <= out.size() / 2. One 64-bit word per draw: the
/// low bits name a place, the top bit is the sign; a draw whose place is taken is dropped. Only the number of dropped
/// draws influences the time: every draw compares with all places. Cost: weight * out.size() steps.
void sparse_ternary(Stream& stream, std::span<std::int8_t> out, int weight);

/// Centred binomial with 42 coins: the ones among 21 bits minus the ones among 21 others; range
/// [-21, 21], variance 10.5, standard deviation 3.24. One 64-bit word each. Constant time.
void centred_binomial(Stream& stream, std::span<std::int8_t> out);

/// Standard deviation of centred_binomial: sqrt(10.5).
inline constexpr double kErrorDeviation = 3.2403703492039302;

}  // namespace obscura::fhe::random
