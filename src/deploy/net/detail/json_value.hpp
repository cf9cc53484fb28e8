#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace obscura::deploy::net::detail {

/// JSON that somebody else wrote, to be read without trust: what is not there or of another kind is zero, empty or
/// null. Copies share the text's tree.
class JsonValue {
 public:
  JsonValue() = default;
  /// Null when the bytes are no JSON.
  [[nodiscard]] static JsonValue parse(std::span<const std::uint8_t> bytes);

  [[nodiscard]] bool is_null() const { return node_ == nullptr; }
  /// A member of an object.
  [[nodiscard]] JsonValue member(const char* name) const;
  [[nodiscard]] std::uint64_t number(const char* name) const;
  [[nodiscard]] std::string text(const char* name) const;
  [[nodiscard]] bool flag(const char* name) const;
  /// This value, if it is a text.
  [[nodiscard]] std::string as_text() const;
  /// The elements of an array, in order.
  [[nodiscard]] std::vector<JsonValue> elements() const;
  /// The names of an object's members.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  explicit JsonValue(std::shared_ptr<const void> node) : node_(std::move(node)) {}
  std::shared_ptr<const void> node_;
};

}  // namespace obscura::deploy::net::detail
