#include "fhe/ring/ring_context.hpp"

#include <utility>

#include "fhe/kernels/evaluation_order.hpp"

namespace obscura::fhe::ring {

RingContext::RingContext(params::ParamSet params, const kernels::KernelTable& kernels, const base::Parallel& parallel,
                         base::BufferPool& pool)
    : params_(std::move(params)), kernels_(&kernels), parallel_(&parallel), pool_(&pool), constants_(params_) {
  ntt_.reserve(params_.q().size() + params_.p().size());
  for (const auto primes : {params_.q(), params_.p()}) {
    for (const arith::Modulus& prime : primes) {
      const kernels::NttTables& tables = ntt_.emplace_back(kernels::NttTables::build(prime, params_.log_n()));
      const auto half_degree = static_cast<std::uint64_t>(params_.slots());
      imaginary_units_.push_back(arith::make_shoup(arith::pow_mod(tables.psi, half_degree, prime), prime));
    }
  }
}

bool RingContext::contains(const Basis& basis) const {
  return basis.q_count >= 1 && basis.q_count <= static_cast<int>(params_.q().size()) && basis.p_count >= 0 &&
         basis.p_count <= static_cast<int>(params_.p().size());
}

const kernels::Permutation& RingContext::automorphism(GaloisElement g) const {
  const std::uint64_t element = g.value() % (2 * static_cast<std::uint64_t>(degree()));
  OBSCURA_CHECK(element % 2 == 1, "a Galois element is odd");
  const std::lock_guard lock(automorphism_mutex_);
  auto& permutation = automorphisms_[element];
  if (permutation == nullptr) {
    permutation = std::make_unique<kernels::Permutation>(kernels::automorphism_permutation(params_.log_n(), element));
  }
  return *permutation;
}

}  // namespace obscura::fhe::ring
