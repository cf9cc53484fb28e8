#include "compiler/pack/layout.hpp"

#include "base/check.hpp"
#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

int slot_of(const Layout& layout, int copy, int position) {
  return floor_mod(layout.origin + layout.stride * copy + position, layout.slots);
}

std::optional<ColumnWindow> column_window(const Layout& layout) {
  const int aligned = ceil_div(layout.first, layout.period) * layout.period;
  if (aligned + layout.elements <= layout.last) return ColumnWindow{aligned, layout.elements};
  if (layout.first + layout.period <= layout.last) return ColumnWindow{layout.first, layout.period};
  return std::nullopt;
}

std::vector<std::int32_t> element_map(const Layout& layout) {
  std::vector<std::int32_t> map(static_cast<std::size_t>(layout.slots), kGarbage);
  for (int copy = 0; copy < layout.copies; ++copy) {
    for (int position = layout.first; position < layout.last; ++position) {
      const int element = floor_mod(position, layout.period);
      if (element < layout.elements) map[static_cast<std::size_t>(slot_of(layout, copy, position))] = element;
    }
  }
  return map;
}

std::vector<std::int32_t> element_slots(const Layout& layout) {
  const auto window = column_window(layout);
  OBSCURA_CHECK(window.has_value(), "some element of the vector stands in no slot");
  std::vector<std::int32_t> slots(static_cast<std::size_t>(layout.elements));
  for (int position = window->first; position < window->first + window->count; ++position) {
    const int element = floor_mod(position, layout.period);
    if (element < layout.elements) slots[static_cast<std::size_t>(element)] = slot_of(layout, 0, position);
  }
  return slots;
}

}  // namespace obscura::compiler::pack
