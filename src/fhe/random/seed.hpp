#pragma once

#include <array>
#include <cstdint>

namespace obscura::fhe::random {

/// 256 bits from which streams are expanded. Whether it is public (the uniform half of a seeded
/// ciphertext) or secret is the owner's business; either way every copy wipes itself.
struct Seed256 {
  std::array<std::uint8_t, 32> bytes{};

  Seed256() = default;
  explicit Seed256(const std::array<std::uint8_t, 32>& value) : bytes(value) {}
  Seed256(const Seed256&) = default;
  Seed256& operator=(const Seed256&) = default;
  ~Seed256();

  friend bool operator==(const Seed256& a, const Seed256& b) { return a.bytes == b.bytes; }
};

/// A fresh seed from the operating system (getrandom). Aborts the process when the system has no
/// entropy to give: there is nothing safe to do instead.
[[nodiscard]] Seed256 random_seed();

}  // namespace obscura::fhe::random
