#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace obscura::base {

/// Overwrites `bytes` with zeros in a way the compiler may not drop.
void wipe(std::span<std::uint8_t> bytes);

/// A value that must not leak: no copy, no print, wiped when it dies or is moved from. Reading it
/// takes the word reveal_secret(), so that every place that does can be found.
template <class T>
requires std::is_trivially_copyable_v<T>
class Secret {
 public:
  Secret() : value_{} {}
  /// Takes a copy; the caller wipes the original.
  explicit Secret(const T& value) : value_(value) {}
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe_value(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      other.wipe_value();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe_value(); }

  [[nodiscard]] const T& reveal_secret() const { return value_; }
  [[nodiscard]] T& reveal_secret() { return value_; }

 private:
  void wipe_value() { wipe({reinterpret_cast<std::uint8_t*>(&value_), sizeof(T)}); }
  T value_;
};

/// Secret bytes of a length fixed at the start: never reallocated, so no stray copy stays behind.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zero bytes.
  explicit SecretBytes(std::size_t size);
  [[nodiscard]] static SecretBytes copy_of(std::span<const std::uint8_t> bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<const std::uint8_t> reveal_secret() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::span<std::uint8_t> reveal_secret() { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace obscura::base
