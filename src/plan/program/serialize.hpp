#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// The program as bytes (byte table in docs/formats.md, "Program"). Equal programs give equal bytes and
/// different ones different bytes, so a digest of the bytes names the program. Takes a program that
/// verify() or verify_stage() accepts; another one is a bug of the caller.
[[nodiscard]] std::vector<std::uint8_t> serialize(const Program& program);

/// Parses hostile bytes: every count is checked against what remains before memory is taken; ends with
/// verify(). Errors: kCorrupt, kLimit, and kInsecure for parameters above the security cap.
[[nodiscard]] base::Result<Program> parse(std::span<const std::uint8_t> bytes);

/// The same for a stage of a program: ends with verify_stage().
[[nodiscard]] base::Result<Program> parse_stage(std::span<const std::uint8_t> bytes);

/// The parameters alone, as they stand in a program: what every artefact's parameter digest is taken over.
[[nodiscard]] std::vector<std::uint8_t> serialize_params(const fhe::params::ParamLiteral& params, bool insecure);

}  // namespace obscura::plan::program
