#pragma once

#include <memory>
#include <string_view>

#include "base/buffer.hpp"
#include "base/parallel.hpp"
#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// A context on the best kernels of this machine, or on those named ("portable", "avx2", "avx512ifma"); "" = best.
/// Errors: kUsage for an unknown name, kUnsupported for kernels that this processor lacks.
/// `parallel` and `pool` must outlive it. Cost: the NTT tables, O(limbs * N).
[[nodiscard]] base::Result<std::unique_ptr<RingContext>> make_ring(params::ParamSet params,
                                                                   std::string_view forced_kernels,
                                                                   const base::Parallel& parallel,
                                                                   base::BufferPool& pool);

}  // namespace obscura::fhe::ring
