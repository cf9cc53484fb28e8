#include "apps/cli/output_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace obscura::apps::cli {

std::string stem_of(const std::string& input) {
  const std::filesystem::path name = std::filesystem::path(input).filename();
  std::string text = name.string();
  if (text.find(':') == std::string::npos) return name.stem().string();
  std::replace(text.begin(), text.end(), ':', '-');
  return text;
}

base::Result<std::vector<std::string>> output_paths(std::span<const std::string> inputs, const std::string& output,
                                                    const std::string& folder, const std::string& suffix,
                                                    const std::string& what) {
  if (output.empty() == folder.empty() || (!output.empty() && inputs.size() != 1)) {
    return base::fail(base::ErrorCode::kUsage,
                      fmt::format("say where {}s go: -o FILE for one input, --out-dir FOLDER for more", what),
                      "give exactly one of the two");
  }
  if (!output.empty()) return std::vector<std::string>{output};
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const auto& input : inputs) {
    paths.push_back((std::filesystem::path(folder) / (stem_of(input) + suffix)).string());
    if (!seen.insert(paths.back()).second) {
      return base::fail(base::ErrorCode::kUsage,
                        fmt::format("two inputs would give one {} file: {}", what, paths.back()),
                        "give them different folders");
    }
  }
  return paths;
}

}  // namespace obscura::apps::cli
