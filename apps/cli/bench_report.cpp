#include "apps/cli/bench_report.hpp"

#include <fmt/format.h>

#include "bench/operations/commit.hpp"
#include "bench/operations/published.hpp"

namespace obscura::apps::cli {

namespace {

namespace operations = bench::operations;
using operations::Group;

std::string_view title_of(Group group) {
  switch (group) {
    case Group::kKernels:
      return "kernels (per limb)";
    case Group::kCiphertexts:
      return "operations on ciphertexts";
    case Group::kCircuits:
      return "circuits";
  }
  return "";
}

nlohmann::json to_json(const operations::Ceilings& c) {
  return {{"ntt_us", c.ntt_us},
          {"lane_ops_g_per_s", c.lane_ops / 1000},
          {"l2_gb_per_s", c.l2_bytes / 1000},
          {"l3_gb_per_s", c.l3_bytes / 1000},
          {"memory_gb_per_s", c.memory_bytes / 1000},
          {"random_gb_per_s", c.random_bytes / 1000}};
}

nlohmann::json to_json(const BenchRow& row) {
  const auto& literal = row.operation.shape.literal;
  const operations::Published peers = operations::published(row.operation);
  nlohmann::json json = {{"group", title_of(row.operation.group)},
                         {"operation", row.operation.name},
                         {"log_n", literal.log_n},
                         {"primes", literal.q_bits.size()},
                         {"special_primes", literal.p_bits.size()},
                         {"threads", row.threads},
                         {"kernels", row.kernels},
                         {"commit", operations::commit()},
                         {"median_ms", row.median_ms},
                         {"min_ms", row.min_ms},
                         {"max_ms", row.max_ms},
                         {"floor_ms", row.floor_ms},
                         {"efficiency", row.efficiency()},
                         {"page_faults", row.faults},
                         {"work",
                          {{"transforms", row.work.transforms},
                           {"lane_ops", row.work.lane_ops},
                           {"random_bytes", row.work.random_bytes},
                           {"bytes", row.work.bytes}}}};
  if (row.level) json["level"] = *row.level;
  if (row.work.random_bytes > 0) json["random_gb_per_s"] = row.work.random_bytes / row.median_ms / 1e6;
  if (!peers.seal.empty()) json["seal_hexl_ms"] = peers.seal;
  if (!peers.openfhe.empty()) json["openfhe_hexl_ms"] = peers.openfhe;
  if (!peers.goal.empty()) json["goal_ms"] = peers.goal;
  return json;
}

std::string to_text(const operations::Ceilings& c) {
  return fmt::format(
      "NTT {:.1f} / {:.1f} / {:.1f} / {:.1f} us at N = 2^13..16, {:.1f} G multiply-adds/s, L2 {:.0f}, L3 {:.0f}, "
      "memory "
      "{:.0f}, ChaCha20 {:.1f} GB/s",
      c.ntt_us[0], c.ntt_us[1], c.ntt_us[2], c.ntt_us[3], c.lane_ops / 1000, c.l2_bytes / 1000, c.l3_bytes / 1000,
      c.memory_bytes / 1000, c.random_bytes / 1000);
}

/// Three significant digits, without an exponent.
std::string figure(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  if (value >= 1) return fmt::format("{:.2f}", value);
  return value >= 0.1 ? fmt::format("{:.3f}", value) : fmt::format("{:.4f}", value);
}

std::string to_text(const BenchRow& row) {
  const operations::Published peers = operations::published(row.operation);
  const auto& literal = row.operation.shape.literal;
  return fmt::format("{:<44}{:>6}{:>7}{:>6}{:>9}{:>9}{:>9}{:>9}{:>7.2f}{:>8.1f}{:>13}{:>13}{:>8}\n", row.operation.name,
                     fmt::format("2^{}", literal.log_n), literal.q_bits.size(),
                     row.level ? std::to_string(*row.level) : "-", figure(row.median_ms), figure(row.min_ms),
                     figure(row.max_ms), figure(row.floor_ms), row.efficiency(), row.faults, peers.seal, peers.openfhe,
                     peers.goal);
}

std::string head_of(Group group) {
  return fmt::format("\n{:<44}{:>6}{:>7}{:>6}{:>9}{:>9}{:>9}{:>9}{:>7}{:>8}{:>13}{:>13}{:>8}\n", title_of(group), "N",
                     "primes", "level", "median", "min", "max", "floor", "ratio", "faults", "SEAL+HEXL", "OpenFHE+HEXL",
                     "goal");
}

}  // namespace

BenchRow make_bench_row(const operations::Operation& operation, const operations::Case& made,
                        const operations::Timing& timing, const operations::Ceilings& ceilings, int threads,
                        std::string_view kernels) {
  BenchRow row;
  row.operation = operation;
  row.level = made.level;
  row.threads = threads;
  row.kernels = kernels;
  row.median_ms = operations::median(timing.ms) / made.count;
  row.min_ms = operations::quantile(timing.ms, 0) / made.count;
  row.max_ms = operations::quantile(timing.ms, 1) / made.count;
  row.floor_ms = operations::floor_ms(operation, made, ceilings, threads);
  row.faults = timing.faults_per_run;
  row.work = static_cast<double>(made.passes) / made.count * made.work;
  return row;
}

Report bench_report(const std::vector<BenchRow>& rows, const operations::Ceilings& measured) {
  const operations::Ceilings used = operations::better_ceilings(measured, operations::reference_ceilings());
  Report report;
  report.figures = {{"commit", operations::commit()},
                    {"ceilings", to_json(used)},
                    {"ceilings_measured", to_json(measured)},
                    {"rows", nlohmann::json::array()}};
  for (const BenchRow& row : rows) report.figures["rows"].push_back(to_json(row));
  report.text =
      fmt::format("commit {}, {} threads, {} kernels\nceilings of one core: {}\nmeasured now: {}\n",
                  operations::commit(), rows.front().threads, rows.front().kernels, to_text(used), to_text(measured));
  report.text +=
      "Milliseconds of one call. floor: at these ceilings; ratio: median / floor; faults: page faults in one timed "
      "run.\n"
      "SEAL 4.4 and OpenFHE 1.5 with HEXL: published medians of one thread on an AMD Zen 4 (docs/performance.md).\n";
  for (const Group group : {Group::kKernels, Group::kCiphertexts, Group::kCircuits}) {
    std::string lines;
    for (const BenchRow& row : rows) {
      if (row.operation.group == group) lines += to_text(row);
    }
    if (!lines.empty()) report.text += head_of(group) + lines;
  }
  return report;
}

}  // namespace obscura::apps::cli
