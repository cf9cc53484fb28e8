#pragma once

#include <string_view>

namespace obscura::bench::operations {

/// Of the sources that this was built from, "-dirty" behind it if they were changed; "unknown" outside git.
[[nodiscard]] std::string_view commit();

}  // namespace obscura::bench::operations
