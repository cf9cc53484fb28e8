#include "deploy/net/detail/number_lines.hpp"

#include <fmt/format.h>

#include <sstream>

namespace obscura::deploy::net::detail {

std::string without_comment(const std::string& line) {
  const std::string said = line.substr(0, line.find('#'));
  constexpr const char* kWhite = " \t\r";
  const std::size_t begin = said.find_first_not_of(kWhite);
  if (begin == std::string::npos) return {};
  return said.substr(begin, said.find_last_not_of(kWhite) + 1 - begin);
}

base::Result<void> read_number_line(const std::string& line, const NumberSettings& known, const std::string& place) {
  const std::string said = without_comment(line);
  std::istringstream words(said);
  std::string name;
  std::uint64_t value = 0;
  std::string rest;
  if (!(words >> name)) return {};
  const auto found = known.find(name);
  // A stream makes a large number of a negative one.
  const bool is_number = said.find('-') == std::string::npos && static_cast<bool>(words >> value) && !(words >> rest);
  if (found != known.end() && is_number && value >= found->second.least && value <= found->second.most) {
    found->second.set(value);
    return {};
  }
  return base::fail(base::ErrorCode::kUsage, fmt::format("{} has a line that means nothing", place),
                    "each line is the name of a limit and a number within its range");
}

base::Result<void> read_number_lines(const std::string& text, const NumberSettings& known, const std::string& path) {
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    OBSCURA_TRY_VOID(read_number_line(line, known, fmt::format("{}, line {},", path, ++number)));
  }
  return {};
}

}  // namespace obscura::deploy::net::detail
