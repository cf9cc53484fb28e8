#include "apps/cli/growth.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <thread>
#include <vector>

#include "bench/operations/commit.hpp"
#include "bench/operations/growth.hpp"
#include "bench/operations/processor.hpp"
#include "bench/operations/timing.hpp"
#include "bench/operations/workbench.hpp"

namespace obscura::apps::cli {

namespace {

namespace operations = bench::operations;
using operations::GrowthPoint;

constexpr int kThreads = 2;  ///< that are held against one

/// A point, timed on one thread and, if it asks for them, on two.
struct GrowthRow {
  GrowthPoint point;
  std::vector<std::vector<double>> ms;  ///< [threads - 1][repetition]
  [[nodiscard]] double median_ms(int threads) const {
    return operations::median(ms[static_cast<std::size_t>(threads - 1)]);
  }
  [[nodiscard]] double speed_up() const { return median_ms(1) / median_ms(kThreads); }
};

nlohmann::json to_json(const GrowthRow& row) {
  const auto& literal = row.point.measured.shape.literal;
  nlohmann::json json = {{"operation", row.point.operation},
                         {"log_n", literal.log_n},
                         {"chain", row.point.short_chain ? "short" : "full"},
                         {"chain_primes", literal.q_bits.size()},
                         {"special_primes", literal.p_bits.size()},
                         {"primes", row.point.primes},
                         {"median_ms", row.median_ms(1)},
                         {"min_ms", operations::quantile(row.ms.front(), 0)},
                         {"max_ms", operations::quantile(row.ms.front(), 1)}};
  if (row.point.on_threads) {
    json["two_threads_median_ms"] = row.median_ms(kThreads);
    json["two_threads_speed_up"] = row.speed_up();
  }
  return json;
}

std::string to_text(const GrowthRow& row) {
  const auto& literal = row.point.measured.shape.literal;
  const auto& one = row.ms.front();
  std::string line = fmt::format("{:<34}{:>6}{:>8}{:>8}{:>10.3f}{:>10.3f}{:>10.3f}", row.point.operation,
                                 fmt::format("2^{}", literal.log_n), literal.q_bits.size(), row.point.primes,
                                 row.median_ms(1), operations::quantile(one, 0), operations::quantile(one, 1));
  if (row.point.on_threads) line += fmt::format("{:>13.3f}{:>10.2f}", row.median_ms(kThreads), row.speed_up());
  return line + "\n";
}

Report growth_report(const std::vector<GrowthRow>& rows, std::string_view kernels) {
  const std::string machine =
      fmt::format("{}, {} hardware threads", operations::processor(), std::thread::hardware_concurrency());
  const std::string date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  Report report;
  report.figures = {{"commit", operations::commit()},
                    {"machine", machine},
                    {"date", date},
                    {"kernels", kernels},
                    {"rows", nlohmann::json::array()}};
  report.text = fmt::format(
      "commit {}, {} kernels, {}, {}\nMilliseconds of one call on one thread; on two, called in turn with one.\n\n"
      "{:<34}{:>6}{:>8}{:>8}{:>10}{:>10}{:>10}{:>13}{:>10}\n",
      operations::commit(), kernels, machine, date, "", "N", "chain", "primes", "median", "min", "max", "two threads",
      "speed-up");
  for (const GrowthRow& row : rows) {
    report.figures["rows"].push_back(to_json(row));
    report.text += to_text(row);
  }
  return report;
}

}  // namespace

base::Result<Report> measure_growth(const std::string& kernels, int largest_log_n, int repetitions) {
  operations::Workbench one;
  operations::Workbench two;
  std::vector<GrowthRow> rows;
  for (const GrowthPoint& point : operations::growth_points(operations::growth_shapes(largest_log_n))) {
    OBSCURA_TRY(const operations::Case* const made, one.prepare(point.measured, {1, kernels}));
    std::vector<std::function<void()>> bodies = {made->run};
    if (point.on_threads) {
      OBSCURA_TRY(const operations::Case* const on_two, two.prepare(point.measured, {kThreads, kernels}));
      bodies.push_back(on_two->run);
    }
    rows.push_back({point, operations::time_in_turn(repetitions, bodies)});
  }
  return growth_report(rows, one.engine().ring().kernels().name);
}

}  // namespace obscura::apps::cli
