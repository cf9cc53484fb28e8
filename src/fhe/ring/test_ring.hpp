#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "fhe/arith/big_uint.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/ring_context.hpp"

/// Rings and slow references for the tests of this room.
namespace obscura::fhe::ring::test {

inline constexpr std::uint64_t kSeed = 20240607;

/// A ring with its own threads and pool.
struct TestRing {
  explicit TestRing(params::ParamSet params, const kernels::KernelTable& kernels = kernels::portable_kernels(),
                    int threads = 1)
      : parallel(threads), ring(std::move(params), kernels, parallel, pool) {}
  base::Parallel parallel;
  base::BufferPool pool;
  RingContext ring;
};

inline params::ParamSet insecure(int log_n, std::vector<int> q_bits, std::vector<int> p_bits) {
  return params::ParamSet::create_insecure({{log_n, std::move(q_bits), std::move(p_bits), params::Security::k128}})
      .value();
}

/// The parameters of the smallest real model: N = 2^13, 207 of 210 bits.
inline params::ParamSet real_params() {
  return params::ParamSet::create({13, {27, 27, 29, 29, 29, 29}, {37}, params::Security::k128}).value();
}

template <Domain D>
Poly<D> random_poly(const RingContext& ring, const Basis& basis, std::mt19937_64& random) {
  auto poly = ring.make<D>(basis);
  for (int i = 0; i < poly.limbs(); ++i) {
    for (std::uint64_t& word : poly.limb(i)) word = random() % ring.modulus(basis, i).value();
  }
  return poly;
}

inline std::vector<std::int64_t> random_signed(int count, std::int64_t bound, std::mt19937_64& random) {
  std::uniform_int_distribution<std::int64_t> draw(-bound, bound);
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  for (std::int64_t& value : values) value = draw(random);
  return values;
}

template <Domain D>
bool equal(const Poly<D>& a, const Poly<D>& b) {
  return a.basis() == b.basis() && std::equal(a.words().begin(), a.words().end(), b.words().begin(), b.words().end());
}

/// Residues of one coefficient over all limbs.
inline std::vector<std::uint64_t> residues(const CoefficientPoly& poly, std::size_t coefficient) {
  std::vector<std::uint64_t> column;
  for (int i = 0; i < poly.limbs(); ++i) column.push_back(poly.limb(i)[coefficient]);
  return column;
}

inline std::vector<arith::Modulus> moduli(const RingContext& ring, const Basis& basis) {
  std::vector<arith::Modulus> all;
  for (int i = 0; i < basis.limbs(); ++i) all.push_back(ring.modulus(basis, i));
  return all;
}

/// The centred integers that an element stands for.
inline std::vector<long double> integers(const RingContext& ring, const EvaluationPoly& poly) {
  const CoefficientPoly coefficients = to_coefficient(ring, clone(ring, poly));
  const arith::CrtComposer composer(moduli(ring, poly.basis()));
  std::vector<long double> values;
  for (std::size_t c = 0; c < static_cast<std::size_t>(ring.degree()); ++c) {
    values.push_back(composer.compose_centered(residues(coefficients, c)));
  }
  return values;
}

inline long double largest(const std::vector<long double>& values) {
  long double most = 0;
  for (const long double value : values) most = std::max(most, value < 0 ? -value : value);
  return most;
}

/// a * b modulo X^N + 1 and q, by the definition.
inline std::vector<std::uint64_t> negacyclic(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                                             const arith::Modulus& q) {
  const std::size_t n = a.size();
  std::vector<std::uint64_t> c(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const auto product = static_cast<std::uint64_t>(arith::u128{a[i]} * b[j] % q.value());
      std::uint64_t& sum = c[(i + j) % n];
      sum = (i + j < n ? sum + product : sum + q.value() - product) % q.value();
    }
  }
  return c;
}

}  // namespace obscura::fhe::ring::test
