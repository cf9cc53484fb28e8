#pragma once

#include "base/result.hpp"

namespace obscura::base {

/// From now on this process leaves no core dump, and no other process of the same user may read its memory
/// (prctl(2), PR_SET_DUMPABLE): only root. Cores that go to a program (core(5), "|" in core_pattern) heed no limit, so
/// both are needed. The limit is the children's too; the rest ends with exec. Called first thing in main, before
/// there is a secret. What else it takes away: a debugger or profiler of the same user sees nothing, and the files in
/// /proc/PID are root's; the process itself reads its own as before, but for /proc/self/mem. Error: kUnsupported.
[[nodiscard]] Result<void> forbid_core_dumps();

}  // namespace obscura::base
