#pragma once

#include <vector>

#include "bench/operations/operation.hpp"

namespace obscura::bench::operations {

/// Every measured operation; those of one shape stand together. Building it costs nothing: the work is in `prepare`.
[[nodiscard]] std::vector<Operation> catalogue(const Shapes& shapes);

}  // namespace obscura::bench::operations
