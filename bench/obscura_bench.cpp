#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "bench/operations/catalogue.hpp"
#include "bench/operations/ceilings.hpp"
#include "bench/operations/commit.hpp"
#include "bench/operations/timing.hpp"
#include "bench/operations/workbench.hpp"

namespace {

namespace operations = obscura::bench::operations;
using obscura::fhe::ckks::EngineOptions;

/// What all benchmarks share. Google Benchmark calls one after the other, some of them more than once.
struct Run {
  operations::Workbench workbench;
  operations::Ceilings ceilings =
      operations::better_ceilings(operations::measured_ceilings(), operations::reference_ceilings());
};

void run_operation(benchmark::State& state, Run& run, const operations::Operation& operation,
                   const EngineOptions& options) {
  const auto prepared = run.workbench.prepare(operation, options);
  if (!prepared) {
    state.SkipWithError(prepared.error().message.c_str());
    return;
  }
  const operations::Case& made = **prepared;
  made.run();
  const long faults = operations::minor_faults();
  for (auto _ : state) made.run();
  const auto runs = static_cast<double>(state.iterations());
  state.SetLabel(std::string(run.workbench.engine().ring().kernels().name) + " " + std::string(operations::commit()));
  state.counters["N"] = run.workbench.engine().params().degree();
  state.counters["threads"] = options.threads;
  state.counters["calls"] = made.count;
  if (made.level) state.counters["level"] = *made.level;
  state.counters["faults"] = static_cast<double>(operations::minor_faults() - faults) / runs;
  state.counters["floor_ms"] = made.count * operations::floor_ms(operation, made, run.ceilings, options.threads);
}

std::set<int> thread_counts(operations::Group group) {
  std::set<int> counts = {1};
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (group != operations::Group::kKernels) counts.insert(cores);
  return counts;
}

std::vector<std::string> kernel_sets() {
  std::vector<std::string> sets = {"portable"};
  if (const auto* vector = obscura::fhe::kernels::avx512ifma_kernels()) sets.emplace_back(vector->name);
  return sets;
}

void register_all(Run& run) {
  for (const std::string& kernels : kernel_sets()) {
    for (const operations::Operation& operation : operations::catalogue(operations::published_shapes())) {
      for (const int threads : thread_counts(operation.group)) {
        const std::string name = operation.key() + "/threads:" + std::to_string(threads) + "/" + kernels;
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&run, operation, threads, kernels](benchmark::State& state) {
                                       run_operation(state, run, operation, {threads, kernels});
                                     })
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::AddCustomContext("commit", std::string(operations::commit()));
  Run run;
  register_all(run);
  return benchmark::RunSpecifiedBenchmarks() > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
