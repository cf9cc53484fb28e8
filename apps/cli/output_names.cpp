#include "apps/cli/output_names.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

namespace obscura::apps::cli {

namespace {

std::string name_of(const std::string& input, const std::string& suffix) {
  std::string name = std::filesystem::path(input).filename().string();
  for (char& c : name) {
    if (c == ':') c = '-';
  }
  return std::filesystem::path(name).stem().string() + suffix;
}

}  // namespace

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
    paths.push_back((std::filesystem::path(folder) / name_of(input, suffix)).string());
    if (!seen.insert(paths.back()).second) {
      return base::fail(base::ErrorCode::kUsage,
                        fmt::format("two inputs would give one {} file: {}", what, paths.back()),
                        "give them different folders");
    }
  }
  return paths;
}

}  // namespace obscura::apps::cli
