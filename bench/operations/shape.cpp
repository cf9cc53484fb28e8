#include "bench/operations/shape.hpp"

#include <utility>

#include "fhe/params/bootstrap_presets.hpp"

namespace obscura::bench::operations {

Shapes published_shapes() {
  using Bits = std::vector<int>;
  const Shape small{{13, {27, 27, 29, 29, 29, 29}, {37}}};
  const Shape usual{{14, Bits(7, 40), {45, 45, 45}}};
  const Shape large{{15, Bits(14, 40), Bits(4, 50)}};
  const Shape deep{{16, Bits(24, 49), Bits(8, 50)}};
  const Shape matrix{{14, {45, 40, 40}, {45}}};
  const Shape pixels_16{{13, {45, 40, 40}, {45}}};
  const Shape pixels_32{{15, {45, 40, 40}, {45}}};
  std::vector<BootstrapShape> bootstraps;
  for (const fhe::params::BootstrapPreset& preset : fhe::params::bootstrap_presets()) {
    bootstraps.push_back({{preset.params}, preset.bootstrap, preset.scale_bits});
  }
  return {{small, usual, large, deep}, {matrix}, {pixels_16, pixels_32}, std::move(bootstraps)};
}

}  // namespace obscura::bench::operations
