#pragma once

#include <compare>

namespace obscura::base {

/// An integer that cannot be mistaken for another kind of integer. `struct LevelTag;
/// using Level = Strong<LevelTag, int>;` The number is read with value().
template <class Tag, class Int>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(Int value) : value_(value) {}
  [[nodiscard]] constexpr Int value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Int value_{};
};

}  // namespace obscura::base
