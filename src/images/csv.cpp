#include "images/csv.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "base/file.hpp"

namespace obscura::images {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

// The piece before the next `separator`, which is taken off `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return piece;
}

base::Result<std::vector<float>> parse_row(std::string_view line, std::string_view name, std::size_t line_number) {
  std::vector<float> row;
  for (std::size_t column = 1;; ++column) {
    const bool last = line.find(',') == std::string_view::npos;
    const std::string_view field = trim(take_until(line, ','));
    float value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
      return base::fail(base::ErrorCode::kCorrupt,
                        fmt::format("{}, line {}, column {}: \"{}\" is not a finite number", name, line_number, column,
                                    field.substr(0, 20)),
                        "the file must hold numbers parted by commas and nothing else");
    }
    row.push_back(value);
    if (last) return row;
  }
}

}  // namespace

base::Result<std::vector<std::vector<float>>> read_csv(const std::string& path, std::uint64_t max_bytes) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, max_bytes));
  return decode_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

base::Result<std::vector<std::vector<float>>> decode_csv(std::string_view text, std::string_view name) {
  std::vector<std::vector<float>> rows;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = trim(take_until(text, '\n'));
    if (line.empty()) continue;
    OBSCURA_TRY(std::vector<float> row, parse_row(line, name, line_number));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return base::fail(base::ErrorCode::kCorrupt, fmt::format("{} holds no numbers", name));
  return rows;
}

}  // namespace obscura::images
