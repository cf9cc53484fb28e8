#pragma once

#include "bench/operations/work.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::bench::operations {

/// What each phase of a bootstrap has to do at least.
struct BootstrapWork {
  Work slots_to_coeffs;
  Work raise;  ///< ModRaise with both key switches
  Work trace;  ///< the rotations that leave what repeats
  Work coeffs_to_slots;
  Work split;
  Work eval_mod;      ///< once
  int eval_mods = 1;  ///< how many of them
  /// Bytes of the encoded matrices.
  double diagonal_bytes = 0;

  [[nodiscard]] Work total() const;
};

[[nodiscard]] BootstrapWork bootstrap_work(const fhe::params::ParamSet& params,
                                           const fhe::params::BootstrapParams& bootstrap);

}  // namespace obscura::bench::operations
