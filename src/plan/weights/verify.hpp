#pragma once

#include "base/result.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::plan::weights {

/// Checks a plan against its program, which must be verified: one value per slot of every weight, all finite
/// and small enough to be encoded at the weight's scale, as many labels as outputs or none, and a predicted time for
/// every instruction.
/// Errors: kCorrupt, which never names a value.
[[nodiscard]] base::Result<void> verify(const Plan& plan);

}  // namespace obscura::plan::weights
