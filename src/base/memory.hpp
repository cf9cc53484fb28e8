#pragma once

#include <cstdint>

namespace obscura::base {

/// Bytes that this process may still take without others being pushed out: what the kernel calls available, and what
/// the control group leaves (version 2) where that is less. 0 where neither says anything.
[[nodiscard]] std::uint64_t available_memory_bytes();

}  // namespace obscura::base
