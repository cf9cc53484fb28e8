#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::fit {

/// Which coefficients of a series are there at all. Known from the function, never from values.
enum class Parity { kAny, kOdd };

/// Nodes for series[0] T_0(t) + series[1] T_1(t) + ... with coefficients for all elements, per channel or
/// per element; degree 1..63. Paterson and Stockmeyer's splitting in the Chebyshev basis:
/// p = q T_n + r with n the largest power of two up to the degree, again for q and r; T_2n = 2 T_n^2 - 1 by
/// a sum. Depth ceil(log2(degree + 1)), every coefficient a factor of its own. Of an odd series the even
/// coefficients are left out. Errors: those of graph::append.
[[nodiscard]] base::Result<graph::ValueId> append_chebyshev(graph::Graph& graph, graph::ValueId t,
                                                            std::vector<graph::Coefficients> series, Parity parity,
                                                            const std::string& name);

}  // namespace obscura::compiler::fit
