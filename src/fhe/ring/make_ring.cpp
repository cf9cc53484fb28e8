#include "fhe/ring/make_ring.hpp"

#include <utility>

namespace obscura::fhe::ring {

base::Result<std::unique_ptr<RingContext>> make_ring(params::ParamSet params, std::string_view forced_kernels,
                                                     const base::Parallel& parallel, base::BufferPool& pool) {
  OBSCURA_TRY(const kernels::KernelTable* table, kernels::choose_kernels(forced_kernels));
  return std::make_unique<RingContext>(std::move(params), *table, parallel, pool);
}

}  // namespace obscura::fhe::ring
