#pragma once

namespace obscura::fhe::params {

/// log2 of the probability that a sum of `terms` independent numbers, uniform on [-1/2, 1/2], exceeds `bound` in
/// magnitude: the tails of the Irwin-Hall distribution,
///   P(|S| > b) = 2 / n! * sum over k < d of (-1)^k binomial(n, k) (d - k)^n,  d = n/2 - b.
/// -infinity where it cannot happen. 1 <= terms <= 200, and bound >= terms / 4, where the sum does not cancel.
[[nodiscard]] double log2_uniform_sum_tail(int terms, double bound);

/// log2 of an upper bound of the probability that a bootstrap fails: that one of `coefficients` coefficients of the
/// raised polynomial, c0 + c1 s with s ternary of Hamming weight `weight`, exceeds range * q_0 (Bossuat,
/// Troncoso-Pastoriza, Hubaux, eprint 2022/024, section 3: coefficients modulo q_0 are uniform, so each is a sum of
/// weight + 1 uniform numbers; union bound).
[[nodiscard]] double log2_bootstrap_failure(int weight, double range, int coefficients);

}  // namespace obscura::fhe::params
