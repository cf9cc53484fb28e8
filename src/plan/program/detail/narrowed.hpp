#pragma once

#include <utility>

#include "base/check.hpp"

namespace obscura::plan::program::detail {

/// A number that the format keeps in fewer bits; verification has bounded it.
template <class Narrow, class Wide>
[[nodiscard]] Narrow narrowed(Wide value) {
  OBSCURA_CHECK(std::in_range<Narrow>(value), "only what verification accepts can be serialised");
  return static_cast<Narrow>(value);
}

}  // namespace obscura::plan::program::detail
