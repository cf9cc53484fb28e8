#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace obscura::fhe::kernels {

/// The order of evaluations, the same for every kernel set: after the forward NTT of f, index i
/// holds f(psi^e) with e = evaluation_exponent(log_n, i) = 2 * bitrev(i) + 1, where bitrev reverses
/// the low log_n bits and psi is arith::primitive_root_2n.
[[nodiscard]] std::uint32_t evaluation_exponent(int log_n, std::size_t index);

/// The index that holds the evaluation at psi^exponent; exponent odd, taken modulo 2N.
[[nodiscard]] std::size_t evaluation_index(int log_n, std::uint64_t exponent);

/// The permutation that applies X -> X^galois_element to evaluations: for out[i] = a[index[i]], out is the NTT of
/// f(X^galois_element) when a is the NTT of f. galois_element odd, taken modulo 2N. Size N.
[[nodiscard]] std::vector<std::uint32_t> automorphism_index(int log_n, std::uint64_t galois_element);

/// The same in 1/8 of the space: it takes every aligned eight to an aligned eight, and permutes it in one of at most
/// eight ways (the three top bits of an exponent e become those of g e: times g, plus a carry).
struct Permutation {
  /// out[8 d + l] = a[8 (from[d] / 8) + lanes[from[d] % 8][l]] for d < N/8, l < 8.
  std::vector<std::uint32_t> from;
  /// The same by source: out[8 (to[s] / 8) + l] = a[8 s + lanes[to[s] % 8][l]] for s < N/8.
  std::vector<std::uint32_t> to;
  alignas(64) std::array<std::array<std::uint64_t, 8>, 8> lanes{};
};

/// N >= 8.
[[nodiscard]] Permutation automorphism_permutation(int log_n, std::uint64_t galois_element);

}  // namespace obscura::fhe::kernels
