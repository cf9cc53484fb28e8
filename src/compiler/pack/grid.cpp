#include "compiler/pack/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace {

int power_of_two(int at_least) {
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(at_least)));
}

/// Sizes that follow from a grid.
struct Geometry {
  int row_gap;  ///< 1 for a single row
  int column_gap;
  int row_pitch;
  int plane;
  int planes;

  explicit Geometry(const Grid& grid) {
    const Planes& p = grid.planes;
    const int rows = ceil_div(p.rows, grid.phase);
    const int columns = ceil_div(p.columns, grid.phase);
    row_gap = rows > 1 ? grid.gap : 1;
    column_gap = columns > 1 ? grid.gap : 1;
    row_pitch = power_of_two(columns) * column_gap;
    plane = row_pitch * power_of_two(rows) * row_gap;
    planes = ceil_div(p.channels * (p.rows > 1 ? grid.phase : 1) * (p.columns > 1 ? grid.phase : 1), grid.per_plane);
  }
  [[nodiscard]] int gaps() const { return row_gap * column_gap; }
};

std::string describe(const Grid& grid, int ciphertexts, int copies) {
  const Planes& p = grid.planes;
  std::string text = fmt::format("{} planes of {}x{}", p.channels, p.rows, p.columns);
  if (grid.phase > 1) text += fmt::format(" by {} phases", grid.phase);
  if (grid.gap > 1) text += fmt::format(", gap {}", grid.gap);
  if (grid.per_plane > 1) text += fmt::format(" with {} channels", grid.per_plane);
  if (ciphertexts > 1) text += fmt::format(", {} ciphertexts", ciphertexts);
  if (copies > 1) text += fmt::format(", {} copies", copies);
  return text;
}

/// Where an element of a grid stands first.
struct GridPlace {
  int plane;
  int slot;  ///< within the plane
};

GridPlace place_of(const Grid& grid, const Geometry& g, int e) {
  const Planes& p = grid.planes;
  const int column_phases = p.columns > 1 ? grid.phase : 1;
  const int row_phases = p.rows > 1 ? grid.phase : 1;
  const int w = e % p.columns;
  const int h = e / p.columns % p.rows;
  const int c = (e / p.columns / p.rows * row_phases + h % row_phases) * column_phases + w % column_phases;
  const int sub = c % grid.per_plane;
  return {c / grid.per_plane, sub / g.column_gap * g.row_pitch + sub % g.column_gap +
                                  h / row_phases * g.row_gap * g.row_pitch + w / column_phases * g.column_gap};
}

std::optional<TensorLayout> make_layout(const Grid& grid, int slots, int most_ciphertexts) {
  const Geometry g(grid);
  if (g.plane > slots || grid.per_plane > g.gaps()) return std::nullopt;
  const int per_ciphertext = slots / g.plane;
  const int ciphertexts = ceil_div(g.planes, per_ciphertext);
  if (ciphertexts > most_ciphertexts) return std::nullopt;
  const int used = ciphertexts > 1 ? per_ciphertext : power_of_two(g.planes);
  std::vector<std::vector<std::int32_t>> element(static_cast<std::size_t>(ciphertexts),
                                                 std::vector<std::int32_t>(static_cast<std::size_t>(slots), kGarbage));
  const Planes& p = grid.planes;
  for (int e = 0; e < p.channels * p.rows * p.columns; ++e) {
    const GridPlace at = place_of(grid, g, e);
    for (int s = at.plane % per_ciphertext * g.plane + at.slot; s < slots; s += used * g.plane) {
      element[static_cast<std::size_t>(at.plane / per_ciphertext)][static_cast<std::size_t>(s)] = e;
    }
  }
  const auto count = static_cast<std::size_t>(p.channels) * p.rows * p.columns;
  return TensorLayout(count, std::move(element), describe(grid, ciphertexts, per_ciphertext / used));
}

std::optional<TensorLayout> make_repeated(const Grid& grid, int slots) {
  const Geometry g(grid);
  const int period = power_of_two(g.planes) * g.plane;
  const int copies = slots / period;
  if (grid.per_plane != g.gaps() || copies < 4 || power_of_two(g.planes) < copies / 2) return std::nullopt;
  const RepeatedParts parts{2 * period, 2 * period / copies};
  std::vector<std::int32_t> element(static_cast<std::size_t>(slots), kGarbage);
  const Planes& p = grid.planes;
  const int count = p.channels * p.rows * p.columns;
  for (int e = 0; e < count; ++e) {
    const GridPlace at = place_of(grid, g, e);
    const int slot = at.plane * g.plane + at.slot;
    const int first = slot / parts.size * parts.block + slot % parts.size;
    for (int i = 0; i <= parts.copies(); ++i) element[static_cast<std::size_t>(first + i * parts.size)] = e;
  }
  std::string name = describe(grid, 1, 1) + fmt::format(", {} parts repeated", copies / 2);
  return TensorLayout(static_cast<std::size_t>(count), {std::move(element)}, std::move(name), parts);
}

void add_layouts(Grid grid, int slots, int most_ciphertexts, std::vector<TensorLayout>& layouts) {
  for (grid.gap = 1; Geometry(grid).plane <= slots; grid.gap *= 2) {
    for (grid.per_plane = 1; grid.per_plane <= Geometry(grid).gaps(); grid.per_plane *= 2) {
      if (grid.per_plane >= 2 * grid.planes.channels) break;
      if (auto layout = make_layout(grid, slots, most_ciphertexts)) layouts.push_back(std::move(*layout));
    }
    if (grid.planes.rows == 1 && grid.planes.columns == 1) break;
    if (grid.gap >= 2 * std::max(grid.planes.rows, grid.planes.columns) && grid.gap >= 8) break;
  }
}

}  // namespace

Planes planes_of(const graph::Shape& shape) {
  Planes planes;
  const std::size_t rank = shape.rank();
  if (rank >= 3) planes.rows = static_cast<int>(shape.dims[rank - 2]);
  if (rank >= 2) planes.columns = static_cast<int>(shape.dims[rank - 1]);
  planes.channels = static_cast<int>(graph::element_count(shape)) / planes.rows / planes.columns;
  return planes;
}

std::vector<TensorLayout> grid_layouts(const graph::Shape& shape, int slots, int most_ciphertexts) {
  std::vector<TensorLayout> layouts;
  const Planes planes = planes_of(shape);
  add_layouts({planes}, slots, most_ciphertexts, layouts);
  // The same elements as one vector.
  const Planes flat{static_cast<int>(graph::element_count(shape)), 1, 1};
  if (planes.channels != flat.channels) add_layouts({flat}, slots, most_ciphertexts, layouts);
  return layouts;
}

std::vector<TensorLayout> repeated_layouts(const graph::Shape& shape, int slots) {
  std::vector<TensorLayout> layouts;
  Grid grid{planes_of(shape)};
  if (grid.planes.rows == 1 || grid.planes.columns == 1) return layouts;
  for (; Geometry(grid).plane <= slots && grid.per_plane <= grid.planes.channels; grid.gap *= 2, grid.per_plane *= 4) {
    if (auto layout = make_repeated(grid, slots)) layouts.push_back(std::move(*layout));
  }
  return layouts;
}

std::vector<TensorLayout> input_layouts(const graph::Shape& shape, int slots, int most_ciphertexts) {
  std::vector<TensorLayout> layouts = grid_layouts(shape, slots, most_ciphertexts);
  const Planes planes = planes_of(shape);
  for (int phase = 2; phase <= 4 && phase < std::max(planes.rows, planes.columns); phase *= 2) {
    if (auto layout = make_layout({planes, 1, 1, phase}, slots, most_ciphertexts))
      layouts.push_back(std::move(*layout));
  }
  return layouts;
}

}  // namespace obscura::compiler::pack
