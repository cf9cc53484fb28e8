#pragma once

#include <string_view>

#include "bench/operations/operation.hpp"

namespace obscura::bench::operations {

/// What others reach and what this project aims at, in milliseconds, as text; empty where nothing is known. Medians of
/// one thread on an AMD Zen 4 with AVX512-IFMA: SEAL 4.4 and OpenFHE 1.5, both with HEXL.
struct Published {
  std::string_view seal;
  std::string_view openfhe;
  std::string_view goal;
};

[[nodiscard]] Published published(const Operation& operation);

}  // namespace obscura::bench::operations
