#pragma once

#include <functional>
#include <vector>

namespace obscura::apps::cli {

/// The middle value (upper one of two) and the share `q` in [0, 1] of a sample. Samples are not empty.
[[nodiscard]] double median(std::vector<double> sample);
[[nodiscard]] double quantile(std::vector<double> sample, double q);

/// Milliseconds that each of `repetitions` calls took, after one call that is not counted.
[[nodiscard]] std::vector<double> time_ms(int repetitions, const std::function<void()>& body);

}  // namespace obscura::apps::cli
