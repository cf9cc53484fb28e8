#pragma once

#include <cstdint>

namespace obscura::base {

/// Bytes that this process may still take without others being pushed out: what the kernel calls available, and what
/// the control groups (version 2) that it is in leave where that is less. 0 where neither says anything.
[[nodiscard]] std::uint64_t available_memory_bytes();

}  // namespace obscura::base
