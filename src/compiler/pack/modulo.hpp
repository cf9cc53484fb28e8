#pragma once

namespace obscura::compiler::pack {

/// The remainder in [0, n) and the quotient that goes with it, also for negative a. n > 0.
[[nodiscard]] constexpr int floor_mod(int a, int n) {
  return ((a % n) + n) % n;
}
[[nodiscard]] constexpr int floor_div(int a, int n) {
  return (a - floor_mod(a, n)) / n;
}
[[nodiscard]] constexpr int ceil_div(int a, int n) {
  return floor_div(a + n - 1, n);
}

}  // namespace obscura::compiler::pack
