#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/arith/modulus.hpp"

namespace obscura::fhe::arith {

/// Deterministic for every 64-bit number (Miller-Rabin with the first twelve primes as bases;
/// Sorenson and Webster, "Strong pseudoprimes to twelve prime bases", 2017).
[[nodiscard]] bool is_prime(std::uint64_t n);

/// The `count` largest primes q with exactly `bits` bits and q = 1 mod 2^(log_n+1), in descending
/// order, without those in `exclude`. Deterministic. Errors: kUnsupported when bits is outside
/// [log_n+2, 50] or log_n outside [3, 17]; kLimit when there are too few such primes.
[[nodiscard]] base::Result<std::vector<std::uint64_t>> ntt_primes(int bits, int log_n, int count,
                                                                  std::span<const std::uint64_t> exclude = {});

/// The smallest psi in [2, q) of multiplicative order exactly 2N, N = 2^log_n: the root of X^N + 1
/// that the NTT of q starts from. q = 1 mod 2N, else the caller has a bug. Cost: N products.
[[nodiscard]] std::uint64_t primitive_root_2n(const Modulus& q, int log_n);

}  // namespace obscura::fhe::arith
