#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace obscura::base {

/// The paths of what is in a folder, sorted; what comes or goes meanwhile may be among them or not. Nothing where
/// `error` says why it cannot be listed. A std::filesystem::directory_iterator that finds no memory ends the process;
/// this throws std::bad_alloc like everything else.
[[nodiscard]] std::vector<std::filesystem::path> paths_in(const std::filesystem::path& folder, std::error_code& error);

}  // namespace obscura::base
