#include <fmt/format.h>

#include "apps/cli/bench_report.hpp"
#include "apps/cli/calibrate.hpp"
#include "apps/cli/command.hpp"
#include "apps/cli/growth.hpp"
#include "bench/operations/catalogue.hpp"
#include "bench/operations/workbench.hpp"

namespace obscura::apps::cli {

namespace {

namespace operations = bench::operations;

struct BenchOptions {
  int repetitions = 11;
  int largest_log_n = 15;
  std::string filter;
  bool growth = false;
  bool calibrate = false;
  std::string output;
};

base::Result<std::vector<operations::Operation>> select(const BenchOptions& options) {
  std::vector<operations::Operation> selected;
  for (operations::Operation& operation : operations::catalogue(operations::published_shapes())) {
    const bool wanted = operation.key().find(options.filter) != std::string::npos;
    if (wanted && operation.shape.literal.log_n <= options.largest_log_n) selected.push_back(std::move(operation));
  }
  if (!selected.empty()) return selected;
  return base::fail(base::ErrorCode::kUsage, fmt::format("bench: no operation holds '{}'", options.filter),
                    "names look like 'rotate/2^14'; --max-log-n may leave out what you mean");
}

base::Result<Report> run_bench(const Global& global, const BenchOptions& options) {
  OBSCURA_TRY(const auto selected, select(options));
  const operations::Ceilings measured = operations::measured_ceilings();
  const operations::Ceilings ceilings = operations::better_ceilings(measured, operations::reference_ceilings());
  operations::Workbench workbench;
  std::vector<BenchRow> rows;
  for (const operations::Operation& operation : selected) {
    OBSCURA_TRY(const operations::Case* const made, workbench.prepare(operation, global.engine));
    const operations::Timing timing = operations::time_runs(options.repetitions, made->run);
    rows.push_back(make_bench_row(operation, *made, timing, ceilings, global.engine.threads,
                                  workbench.engine().ring().kernels().name));
  }
  return bench_report(rows, measured);
}

base::Result<Report> run_chosen(const Global& global, const BenchOptions& options) {
  if (options.calibrate) return calibrate(global, options.output);
  if (options.growth) return measure_growth(global.engine.kernels, options.largest_log_n, options.repetitions);
  return run_bench(global, options);
}

}  // namespace

void add_bench(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<BenchOptions>();
  auto* command = app.add_subcommand("bench", "Time the engine's operations on this machine");
  auto* filter =
      command->add_option("--filter", options->filter, "Only operations whose name holds this, such as 'rotate/2^14'");
  command->add_option("--repetitions", options->repetitions, "Timed calls per operation")->check(CLI::Range(1, 10000));
  command->add_option("--max-log-n", options->largest_log_n, "Largest ring degree, as its logarithm")
      ->check(CLI::Range(13, 16));
  auto* calibration = command->add_flag("--calibrate", options->calibrate,
                                        "Measure one core instead and write the cost table for `compile --cost`");
  auto* output = command->add_option("-o,--output", options->output, "Where --calibrate writes");
  auto* growth = command->add_flag("--growth", options->growth,
                                   "Measure instead how cost grows with ring degree, level and a second thread");
  growth->excludes(filter);
  growth->excludes(calibration);
  calibration->needs(output);
  output->needs(calibration);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_chosen(global, *options); }; });
}

}  // namespace obscura::apps::cli
