#pragma once

#include <vector>

#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Estimated share of a run's time that has passed when an instruction begins, from 0 to less than 1: by the bytes of
/// keys and weights that instructions read, which their work grows with. For who waits. Shape [instructions].
/// `program` is verified; `params` is its make_params().
[[nodiscard]] std::vector<double> work_before(const Program& program, const fhe::params::ParamSet& params);

}  // namespace obscura::plan::program
