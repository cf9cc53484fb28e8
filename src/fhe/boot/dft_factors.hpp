#pragma once

#include <complex>
#include <map>
#include <span>
#include <vector>

namespace obscura::fhe::boot {

/// A matrix on the values of `slots` slots by its diagonals: y_j = sum over offsets k of diagonal_k[j mod period] *
/// x_(j+k), indices modulo `slots`. Offsets are in (-slots/2, slots/2].
struct DiagonalMatrix {
  int slots = 0;
  int period = 1;  ///< a power of two that divides `slots`: the length of every diagonal
  std::map<int, std::vector<std::complex<double>>> diagonals;
};

/// The product a b: b is applied first.
[[nodiscard]] DiagonalMatrix multiply(const DiagonalMatrix& a, const DiagonalMatrix& b);

/// The map from coefficients u_k to slots u(zeta^(5^j)), zeta = exp(i pi / (2 n)), n = 2^log_slots, is
/// A_n ... A_4 A_2 R: R reverses the bits of k, and A_m is the butterfly stage on blocks of m values,
///   y_j = x_j + w_j x_(j + m/2) and y_(j + m/2) = x_j - w_j x_(j + m/2), w_j = exp(2 pi i (5^j mod 4m) / 4m), j < m/2
/// (Cheon, Han, Kim, Kim, Song, "Bootstrapping for approximate homomorphic encryption", EUROCRYPT 2018, section 3, and
/// Chen, Chillotti, Song, EUROCRYPT 2019, section 4: factoring it). R is left out both ways: EvalMod works on every
/// slot alike. Stage number s is A_(2^(s+1)).
[[nodiscard]] DiagonalMatrix butterfly(int log_slots, int stage);
[[nodiscard]] DiagonalMatrix inverse_butterfly(int log_slots, int stage);

/// The matrices of SlotsToCoeffs, in the order of use: the first merges A_2, A_4, ... (stages[0] of them), and so on.
/// So a matrix has at most 2^(stages+1) - 1 diagonals, its offsets are multiples of the first block's half, and its
/// period is the last block.
[[nodiscard]] std::vector<DiagonalMatrix> slots_to_coeffs_factors(int log_slots, std::span<const int> stages);
/// Their inverses, in the order of use: the first merges the inverses of A_n, A_(n/2), ...
[[nodiscard]] std::vector<DiagonalMatrix> coeffs_to_slots_factors(int log_slots, std::span<const int> stages);

}  // namespace obscura::fhe::boot
