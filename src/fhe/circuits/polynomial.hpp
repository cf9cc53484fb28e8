#pragma once

#include <span>
#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits {

/// Levels that a polynomial of this degree (>= 1) takes: ceil(log2(degree + 1)).
[[nodiscard]] int polynomial_depth(int degree);

/// The products of ciphertexts (one key switch each) that evaluate_chebyshev makes for these coefficients: for each,
/// how many levels below x its factors meet.
[[nodiscard]] std::vector<int> polynomial_products(std::span<const double> coefficients);

/// sum_k coefficients[k] T_k(x) of every real slot x in [-1, 1], T_k the Chebyshev polynomials of the first kind; the
/// last coefficient is not zero and the degree is 1..63. The result has exactly the scale `scale`, and the level of x
/// less polynomial_depth(degree): intermediate scales are solved backwards from it, none is matched approximately.
/// `relinearize` is a kRelinearize key of at least the level of x.
/// Baby-step giant-step: T_1 .. T_(2^b - 1) as far as they are needed, T_(2^b), T_(2^(b+1)), ..., and splits by them; b
/// by count. Powers of two come from T_2k = 2 T_k^2 - 1, others from T_(a+b) = 2 T_a T_b - T_(a-b). Sources: Paterson,
/// Stockmeyer, SIAM J. Comput. 2(1), 1973; Chen, Chillotti, Song, EUROCRYPT 2019, section 3.2 (in the Chebyshev basis);
/// Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, section 3 (depth and scales).
[[nodiscard]] ckks::Ciphertext evaluate_chebyshev(const ring::RingContext& ring, const ckks::Ciphertext& x,
                                                  std::span<const double> coefficients, const params::Scale& scale,
                                                  const ckks::SwitchingKey& relinearize);

/// The same for a caller who has T_2(x), one level below x at any scale, and keeps its product.
[[nodiscard]] ckks::Ciphertext evaluate_chebyshev(const ring::RingContext& ring, const ckks::Ciphertext& x,
                                                  ckks::Ciphertext second, std::span<const double> coefficients,
                                                  const params::Scale& scale, const ckks::SwitchingKey& relinearize);

}  // namespace obscura::fhe::circuits
