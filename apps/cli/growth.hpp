#pragma once

#include <string>

#include "apps/cli/command.hpp"

namespace obscura::apps::cli {

/// How the cost of operations grows with ring degree (13..largest_log_n) and level, on one thread, and what a second
/// thread gains. `repetitions` timed calls per point.
[[nodiscard]] base::Result<Report> measure_growth(const std::string& kernels, int largest_log_n, int repetitions);

}  // namespace obscura::apps::cli
