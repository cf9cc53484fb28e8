#pragma once

#include <string>

#include "apps/cli/command.hpp"

namespace obscura::apps::cli {

/// Measures one core at every ring degree and writes the table that `compile --cost` reads.
[[nodiscard]] base::Result<Report> calibrate(const Global& global, const std::string& output);

}  // namespace obscura::apps::cli
