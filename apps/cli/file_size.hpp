#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// Bytes of a file, for a report. Error: kIo.
[[nodiscard]] inline base::Result<std::uint64_t> file_size(const std::string& path) {
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  if (!failure) return bytes;
  return base::fail(base::ErrorCode::kIo, "cannot look at " + path + ": " + failure.message(),
                    "the file was written; look for it there");
}

}  // namespace obscura::apps::cli
