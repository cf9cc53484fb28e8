#include "compiler/fit/paterson_stockmeyer.hpp"

#include <bit>

#include "base/check.hpp"

namespace obscura::compiler::fit {
namespace {

using graph::Coefficients;
using graph::ValueId;

// T_2n = 2 T_n^2 - 1, doubled by a sum, which costs no level.
base::Result<ValueId> double_index(graph::Graph& graph, ValueId t_n, const std::string& name) {
  OBSCURA_TRY(const ValueId square, graph::append(graph, graph::Square{}, {t_n}, name));
  OBSCURA_TRY(const ValueId twice, graph::append(graph, graph::Add{}, {square, square}, name));
  return graph::append(graph, graph::Affine{{1.0}, {-1.0}}, {twice}, name);
}

struct Expansion {
  graph::Graph& graph;
  std::vector<ValueId> powers;  ///< T_1, T_2, T_4, ...
  Parity parity;
  const std::string& name;

  [[nodiscard]] base::Result<ValueId> scaled(ValueId x, Coefficients scale, Coefficients shift) {
    return graph::append(graph, graph::Affine{std::move(scale), std::move(shift)}, {x}, name);
  }

  [[nodiscard]] base::Result<ValueId> times_power(std::vector<Coefficients> series, std::size_t power) {
    if (series.size() == 1) return scaled(powers[power], std::move(series[0]), {0.0});
    OBSCURA_TRY(const ValueId value, expand(std::move(series)));
    return graph::append(graph, graph::Multiply{}, {value, powers[power]}, name);
  }

  // As divide_by_chebyshev(), for every channel at once.
  [[nodiscard]] base::Result<ValueId> expand(std::vector<Coefficients> series) {
    if (series.size() == 2) {
      return scaled(powers[0], std::move(series[1]), parity == Parity::kOdd ? Coefficients{0.0} : std::move(series[0]));
    }
    const std::size_t power = std::bit_width(series.size() - 1) - 1;
    const std::size_t n = std::size_t{1} << power;
    std::vector<Coefficients> quotient(series.begin() + static_cast<std::ptrdiff_t>(n), series.end());
    series.resize(n);
    for (std::size_t m = 1; m < quotient.size(); ++m) {
      for (std::size_t c = 0; c < quotient[m].size(); ++c) {
        series[n - m][c] -= quotient[m][c];
        quotient[m][c] *= 2.0;
      }
    }
    OBSCURA_TRY(const ValueId high, times_power(std::move(quotient), power));
    OBSCURA_TRY(const ValueId low, expand(std::move(series)));
    return graph::append(graph, graph::Add{}, {high, low}, name);
  }
};

}  // namespace

base::Result<ValueId> append_chebyshev(graph::Graph& graph, ValueId t, std::vector<Coefficients> series, Parity parity,
                                       const std::string& name) {
  OBSCURA_CHECK(series.size() >= 2 && series.size() <= 64, "the degree is out of range");
  OBSCURA_CHECK(parity == Parity::kAny || series.size() % 2 == 0, "an odd series ends with an odd degree");
  Expansion expansion{graph, {t}, parity, name};
  for (std::size_t n = 2; n < series.size(); n *= 2) {
    OBSCURA_TRY(const ValueId power, double_index(graph, expansion.powers.back(), name));
    expansion.powers.push_back(power);
  }
  return expansion.expand(std::move(series));
}

}  // namespace obscura::compiler::fit
