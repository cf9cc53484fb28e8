#include "base/forbid_core_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace obscura::base {

Result<void> forbid_core_dumps() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) return {};
  return fail(ErrorCode::kUnsupported, "core dumps of this process cannot be forbidden: one would hold what is secret",
              "allow setrlimit and prctl where a filter of system calls forbids them");
}

}  // namespace obscura::base
