#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/buffer.hpp"
#include "base/parallel.hpp"
#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/kernel_table.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/ring/galois.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_constants.hpp"

namespace obscura::fhe::ring {

/// Everything about one ring that does not change: moduli, NTT tables, constants of base conversion,
/// kernels, threads and the buffer pool. Built once, shared by const reference, safe to use from
/// several threads. The table of automorphism permutations fills lazily behind a lock.
class RingContext {
 public:
  /// `kernels`, `parallel` and `pool` must outlive the context. Cost: O(limbs * N).
  RingContext(params::ParamSet params, const kernels::KernelTable& kernels, const base::Parallel& parallel,
              base::BufferPool& pool);
  RingContext(const RingContext&) = delete;
  RingContext& operator=(const RingContext&) = delete;

  [[nodiscard]] const params::ParamSet& params() const { return params_; }
  [[nodiscard]] const kernels::KernelTable& kernels() const { return *kernels_; }
  [[nodiscard]] const base::Parallel& parallel() const { return *parallel_; }
  [[nodiscard]] base::BufferPool& pool() const { return *pool_; }
  [[nodiscard]] int degree() const { return params_.degree(); }
  [[nodiscard]] Basis basis_q(params::Level level) const { return {level.value() + 1, 0}; }
  [[nodiscard]] Basis basis_qp(params::Level level) const {
    return {level.value() + 1, static_cast<int>(params_.p().size())};
  }
  /// Whether the basis lies inside the chain and the special primes.
  [[nodiscard]] bool contains(const Basis& basis) const;
  /// Place of a limb in the list of all primes, q_0 .. q_L, p_0 .. p_(k-1).
  [[nodiscard]] int prime_place(const Basis& basis, int limb) const {
    return limb < basis.q_count ? limb : limb - basis.q_count + static_cast<int>(params_.q().size());
  }
  [[nodiscard]] const arith::Modulus& modulus(const Basis& basis, int limb) const { return ntt(basis, limb).q; }
  [[nodiscard]] const kernels::NttTables& ntt(const Basis& basis, int limb) const {
    return ntt_[static_cast<std::size_t>(prime_place(basis, limb))];
  }
  [[nodiscard]] const RingConstants& constants() const { return constants_; }
  /// A square root of -1 modulo the limb's prime: the value of X^(N/2) at psi.
  [[nodiscard]] const arith::ShoupFactor& imaginary_unit(const Basis& basis, int limb) const {
    return imaginary_units_[static_cast<std::size_t>(prime_place(basis, limb))];
  }

  /// Uninitialised polynomial from the pool.
  template <Domain D>
  [[nodiscard]] Poly<D> make(const Basis& basis) const {
    const auto words = static_cast<std::size_t>(basis.limbs()) * static_cast<std::size_t>(degree());
    return Poly<D>(basis, degree(), pool_->acquire(words));
  }

  /// Permutation of evaluation order that applies X -> X^g; cached.
  [[nodiscard]] const kernels::Permutation& automorphism(GaloisElement g) const;

 private:
  params::ParamSet params_;
  const kernels::KernelTable* kernels_;
  const base::Parallel* parallel_;
  base::BufferPool* pool_;
  RingConstants constants_;
  std::vector<kernels::NttTables> ntt_;
  std::vector<arith::ShoupFactor> imaginary_units_;
  mutable std::mutex automorphism_mutex_;
  mutable std::unordered_map<std::uint64_t, std::unique_ptr<kernels::Permutation>> automorphisms_;
};

}  // namespace obscura::fhe::ring
