#pragma once

#include <string>

namespace obscura::bench::operations {

/// What the system calls the processor, such as "AMD EPYC 9B45"; "unknown" where it has no name.
[[nodiscard]] std::string processor();

}  // namespace obscura::bench::operations
