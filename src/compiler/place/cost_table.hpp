#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::compiler::place {

/// Measured times of one core for one limb (N residues modulo one prime), in microseconds.
struct CostRow {
  int log_n = 0;
  double ntt_us = 0;       ///< forward or inverse transform
  double multiply_us = 0;  ///< multiply-accumulate with operands in cache
  double stream_us = 0;    ///< multiply-accumulate with a limb of a key or a weight, streamed from memory
  double read_us = 0;      ///< a limb of a request: verified, unpacked
  friend bool operator==(const CostRow&, const CostRow&) = default;
};

/// One row per ring degree, ascending, without gaps.
struct CostTable {
  std::vector<CostRow> rows;

  /// The row of a degree; beyond the table times double with the degree.
  [[nodiscard]] CostRow row(int log_n) const;
  friend bool operator==(const CostTable&, const CostTable&) = default;
};

/// What the kernels reach on the machine of DESIGN section 10.
[[nodiscard]] CostTable default_cost_table();

/// One line per row, "log_n ntt_us multiply_us stream_us read_us"; lines that start with '#' are comments.
[[nodiscard]] std::string print(const CostTable& table);
/// Errors: kCorrupt naming the line, for malformed rows, gaps, or times that are not positive.
[[nodiscard]] base::Result<CostTable> parse_cost_table(std::string_view text);

}  // namespace obscura::compiler::place
