#pragma once

#include <string>

#include "tests/golden/opened_site.hpp"

namespace obscura::tests::golden {

/// What every file says, as its reader understands it: lines "NAME: WHAT VALUE". Polynomials, weights and keys are
/// named by a digest of their decoded words.
[[nodiscard]] std::string meaning_of(const OpenedSite& site);

/// How every file is laid out, whatever keys it was made with: lines with its name, and either its kind, version and
/// flags and the numbers and lengths of its sections, or its length.
[[nodiscard]] std::string layout_of(const Files& files);

}  // namespace obscura::tests::golden
