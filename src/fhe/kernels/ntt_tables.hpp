#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "fhe/arith/modulus.hpp"

namespace obscura::fhe::kernels {

/// Frees memory of allocate_words.
struct WordsDeleter {
  void operator()(std::uint64_t* words) const;
};
/// 64-byte aligned words, owned.
using AlignedWords = std::unique_ptr<std::uint64_t[], WordsDeleter>;
/// `count` zeroed words at a multiple of 64 bytes.
[[nodiscard]] AlignedWords allocate_words(std::size_t count);

/// The twiddle factors of the negacyclic NTT of one prime and one N = 2^log_n (Longa and Naehrig,
/// "Speeding up the number theoretic transform for faster ideal lattice-based cryptography", 2016).
/// Owning, move-only, immutable after build().
///
/// The stage with m groups (m = 1, 2, 4, ..., N/2) uses psi^bitrev(m + i) for group i < m, stored at
/// position(m, i). For N >= 64 the two last stages are stored eight groups interleaved, so that a
/// vector kernel that holds 64 consecutive coefficients transposed loads each factor vector whole.
struct NttTables {
  /// log_n in [3, 17], q = 1 mod 2N, else the caller has a bug. Cost: 4N products.
  [[nodiscard]] static NttTables build(const arith::Modulus& q, int log_n);

  [[nodiscard]] std::size_t size() const { return std::size_t{1} << log_n; }

  /// Where the factor of group i of the stage with m groups stands, for both directions.
  [[nodiscard]] std::size_t position(std::size_t m, std::size_t i) const;

  arith::Modulus q;
  int log_n;
  std::uint64_t psi;                  ///< arith::primitive_root_2n(q, log_n)
  AlignedWords forward_w;             ///< [N] factors, entry 0 unused
  AlignedWords forward_quotient;      ///< [N] their 52-bit Shoup quotients
  AlignedWords inverse_w;             ///< [N] inverses of forward_w
  AlignedWords inverse_quotient;      ///< [N]
  arith::ShoupFactor n_inverse;       ///< 1/N
  arith::ShoupFactor n_inverse_last;  ///< inverse factor of the last inverse stage, times 1/N
};

}  // namespace obscura::fhe::kernels
