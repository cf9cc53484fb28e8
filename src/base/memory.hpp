#pragma once

#include <cstdint>
#include <optional>

namespace obscura::base {

/// Bytes that this process may still take without others being pushed out: what the kernel calls available, and what
/// the control groups (version 2) that it is in leave where that is less. None where neither says anything.
[[nodiscard]] std::optional<std::uint64_t> available_memory_bytes();

}  // namespace obscura::base
