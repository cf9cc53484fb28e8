#include "apps/cli/calibrate.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "base/file.hpp"
#include "bench/operations/limb_cost.hpp"
#include "compiler/compile/options.hpp"

namespace obscura::apps::cli {

namespace {

namespace place = compiler::place;

constexpr int kFirstLogN = 11;
constexpr int kLastLogN = 17;

/// To a hundredth of a microsecond and never zero, so that the file is short and stays valid.
double rounded(double us) {
  return std::max(0.01, std::round(us * 100) / 100);
}

}  // namespace

base::Result<Report> calibrate(const Global& global, const std::string& output) {
  OBSCURA_TRY(auto file, base::AtomicFile::create(output, base::kPublicMode));
  OBSCURA_TRY(const auto* const kernels, fhe::kernels::choose_kernels(global.engine.kernels));
  place::CostTable table;
  Report report;
  report.figures["rows"] = nlohmann::json::array();
  for (int log_n = kFirstLogN; log_n <= kLastLogN; ++log_n) {
    const auto cost = bench::operations::measure_limb_cost(*kernels, log_n);
    const place::CostRow row{log_n, rounded(cost.ntt_us), rounded(cost.multiply_us), rounded(cost.stream_us),
                             rounded(cost.read_us)};
    table.rows.push_back(row);
    report.figures["rows"].push_back({{"log_n", row.log_n},
                                      {"ntt_us", row.ntt_us},
                                      {"multiply_us", row.multiply_us},
                                      {"stream_us", row.stream_us},
                                      {"read_us", row.read_us}});
  }
  report.figures["kernels"] = kernels->name;
  report.figures["cost"] = output;
  report.text = place::print(table);
  const std::string& text = report.text;
  OBSCURA_TRY_VOID(file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  OBSCURA_TRY_VOID(file.commit());
  report.text += fmt::format("written to {}\n", output);
  return report;
}

}  // namespace obscura::apps::cli
