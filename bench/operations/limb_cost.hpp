#pragma once

#include "fhe/kernels/kernel_table.hpp"

namespace obscura::bench::operations {

/// Median times of one core for one limb (N residues modulo one prime), in microseconds: what the compiler's cost table
/// holds.
struct LimbCost {
  int log_n;
  double ntt_us;       ///< one transform in cache
  double multiply_us;  ///< one multiply-accumulate with operands in cache
  double stream_us;    ///< one multiply-accumulate with a limb of a key that no cache holds
  double read_us;      ///< a packed limb digested and unpacked
};

/// Takes a fifth of a second and 128 MiB.
[[nodiscard]] LimbCost measure_limb_cost(const fhe::kernels::KernelTable& kernels, int log_n);

}  // namespace obscura::bench::operations
