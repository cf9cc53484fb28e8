#pragma once

#include <functional>
#include <vector>

namespace obscura::bench::operations {

/// What timed runs took.
struct Timing {
  std::vector<double> ms;     ///< of each run, in order; not empty
  double faults_per_run = 0;  ///< minor page faults of the process while the runs were timed
};

/// `runs` >= 1 calls of the body, after one that is not counted.
[[nodiscard]] Timing time_runs(int runs, const std::function<void()>& body);

/// `runs` >= 1 calls of each body in turn, each after one that is not counted, which brings back what the other bodies
/// drove from the caches (AA BB AA BB ...): what the machine does meanwhile meets all of them alike. The times of each
/// body, in milliseconds.
[[nodiscard]] std::vector<std::vector<double>> time_in_turn(int runs, const std::vector<std::function<void()>>& bodies);

/// The middle value (upper one of two) and the share `q` in [0, 1] of a sample. Samples are not empty.
[[nodiscard]] double median(std::vector<double> sample);
[[nodiscard]] double quantile(std::vector<double> sample, double q);

/// Minor page faults of this process so far.
[[nodiscard]] long minor_faults();

}  // namespace obscura::bench::operations
