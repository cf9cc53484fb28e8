#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/command.hpp"
#include "bench/operations/ceilings.hpp"
#include "bench/operations/operation.hpp"
#include "bench/operations/timing.hpp"

namespace obscura::apps::cli {

/// One operation, timed. Times are of one call.
struct BenchRow {
  bench::operations::Operation operation;
  std::optional<int> level;
  int threads;
  std::string kernels;
  double median_ms;
  double min_ms;
  double max_ms;
  double floor_ms;
  double faults;                 ///< minor page faults of one run
  bench::operations::Work work;  ///< of one call
  [[nodiscard]] double efficiency() const { return median_ms / floor_ms; }
};

/// `made` was timed on `threads` threads.
[[nodiscard]] BenchRow make_bench_row(const bench::operations::Operation& operation,
                                      const bench::operations::Case& made, const bench::operations::Timing& timing,
                                      const bench::operations::Ceilings& ceilings, int threads,
                                      std::string_view kernels);

/// Ceilings as measured; rows used the better of these and the reference.
[[nodiscard]] Report bench_report(const std::vector<BenchRow>& rows, const bench::operations::Ceilings& measured);

}  // namespace obscura::apps::cli
