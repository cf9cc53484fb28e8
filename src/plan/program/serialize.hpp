#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// The program as bytes (byte table in docs/formats.md, "Program"). Equal programs give equal bytes.
[[nodiscard]] std::vector<std::uint8_t> serialize(const Program& program);
/// Parses hostile bytes: every count is checked against what remains before memory is taken; ends with
/// verify(). Errors: kCorrupt, kLimit.
[[nodiscard]] base::Result<Program> parse(std::span<const std::uint8_t> bytes);

}  // namespace obscura::plan::program
