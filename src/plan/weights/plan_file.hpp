#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::plan::weights {

/// The bytes of a .plan file (byte table in docs/formats.md, "Plan"): program, clear weights, labels. Takes a
/// plan that verify() accepts.
[[nodiscard]] std::vector<std::uint8_t> write_plan(const Plan& plan);

/// The inverse, for hostile bytes. `name` is what messages call the file.
/// Errors: those of artifact::ContainerReader, program::parse and verify(), with the file's name.
[[nodiscard]] base::Result<Plan> read_plan(std::span<const std::uint8_t> bytes, const std::string& name);

/// The same to and from a file, which appears whole or not at all and which only its owner may read (0600).
[[nodiscard]] base::Result<void> write_plan_file(const std::string& path, const Plan& plan);
[[nodiscard]] base::Result<Plan> read_plan_file(const std::string& path);

}  // namespace obscura::plan::weights
