#pragma once

#include <string>

#include "base/result.hpp"

namespace obscura::deploy::worker {

/// Whether a file is the manifest of a model in stages, by its header: nothing else of it is looked at.
/// Errors: those of MappedFile::open and read_any_header.
[[nodiscard]] base::Result<bool> is_manifest(const std::string& path);

}  // namespace obscura::deploy::worker
