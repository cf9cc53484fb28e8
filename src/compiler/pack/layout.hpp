#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace obscura::compiler::pack {

/// Where the elements of one real vector stand in the slots of one ciphertext. Slot
/// origin + stride * c + p, modulo the number of slots, holds element p mod period for every copy c in
/// [0, copies) and every position p in [first, last) for which p mod period < elements. Nothing is known
/// about any other slot: it may hold partial sums, and whoever reads it must multiply it by zero.
/// Windows of two copies never overlap.
struct Layout {
  int slots = 0;
  int elements = 0;
  int period = 0;  ///< >= elements; a window longer than this repeats the vector (cyclic extension)
  int copies = 1;
  int stride = 0;
  int origin = 0;
  int first = 0;  ///< may be negative
  int last = 0;
  friend auto operator<=>(const Layout&, const Layout&) = default;
};

/// Positions [first, first + count) in which every element stands exactly once.
struct ColumnWindow {
  int first;
  int count;
};

[[nodiscard]] int slot_of(const Layout& layout, int copy, int position);

/// The shortest such window, or none when some element is missing.
[[nodiscard]] std::optional<ColumnWindow> column_window(const Layout& layout);

inline constexpr std::int32_t kGarbage = -1;

/// The element that each slot holds, or kGarbage. [slots]
[[nodiscard]] std::vector<std::int32_t> element_map(const Layout& layout);

/// One slot that holds each element. The layout must have a column window. [elements]
[[nodiscard]] std::vector<std::int32_t> element_slots(const Layout& layout);

}  // namespace obscura::compiler::pack
