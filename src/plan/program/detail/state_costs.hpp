#pragma once

#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// Sets the keys that the instructions of a part of a verified program need, and what the part states of its bytes.
void state_costs(Program& program);

}  // namespace obscura::plan::program::detail
