#include "compiler/place/cost_table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "base/check.hpp"

namespace obscura::compiler::place {
namespace {

constexpr std::size_t kMaxLines = 64;

tl::unexpected<base::Error> malformed(std::size_t line, const char* reason) {
  return base::fail(base::ErrorCode::kCorrupt, fmt::format("cost table, line {}: {}", line, reason),
                    "write one row per ring degree: log_n ntt_us multiply_us stream_us read_us");
}

bool positive(double value) {
  return std::isfinite(value) && value > 0;
}

}  // namespace

CostRow CostTable::row(int log_n) const {
  OBSCURA_CHECK(!rows.empty(), "an empty cost table");
  CostRow row = rows.front();
  if (log_n > rows.back().log_n) {
    row = rows.back();
  } else if (log_n >= rows.front().log_n) {
    row = rows[static_cast<std::size_t>(log_n - rows.front().log_n)];
  }
  const double factor = std::exp2(log_n - row.log_n);
  return {log_n, row.ntt_us * factor, row.multiply_us * factor, row.stream_us * factor, row.read_us * factor};
}

CostTable default_cost_table() {
  return {{{11, 1.5, 0.4, 0.8, 6},
           {12, 3, 0.8, 1.8, 12},
           {13, 6.4, 1.8, 4.2, 25},
           {14, 13.5, 3.7, 11, 50},
           {15, 32, 8, 22, 100},
           {16, 70, 17, 44, 200},
           {17, 150, 36, 88, 400}}};
}

std::string print(const CostTable& table) {
  std::string text = "# log_n ntt_us multiply_us stream_us read_us\n";
  for (const CostRow& row : table.rows) {
    text += fmt::format("{} {} {} {} {}\n", row.log_n, row.ntt_us, row.multiply_us, row.stream_us, row.read_us);
  }
  return text;
}

base::Result<CostTable> parse_cost_table(std::string_view text) {
  CostTable table;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (number > kMaxLines) return malformed(number, "too many lines");
    if (line.empty() || line.front() == '#') continue;
    std::istringstream fields(line);
    fields.imbue(std::locale::classic());
    CostRow row;
    std::string rest;
    if (!(fields >> row.log_n >> row.ntt_us >> row.multiply_us >> row.stream_us >> row.read_us) || (fields >> rest)) {
      return malformed(number, "a row is one integer and four numbers");
    }
    if (!positive(row.ntt_us) || !positive(row.multiply_us) || !positive(row.stream_us) || !positive(row.read_us)) {
      return malformed(number, "times are positive");
    }
    if (!table.rows.empty() && row.log_n != table.rows.back().log_n + 1) {
      return malformed(number, "rows ascend by one ring degree");
    }
    if (row.log_n < 3 || row.log_n > 20) return malformed(number, "log_n is 3..20");
    table.rows.push_back(row);
  }
  if (table.rows.empty()) return malformed(0, "there is no row");
  return table;
}

}  // namespace obscura::compiler::place
