#include "deploy/net/detail/json_value.hpp"

#include <nlohmann/json.hpp>

namespace obscura::deploy::net::detail {
namespace {

using nlohmann::json;

const json& tree(const std::shared_ptr<const void>& node) {
  static const json kNull;
  return node ? *static_cast<const json*>(node.get()) : kNull;
}

}  // namespace

JsonValue JsonValue::parse(std::span<const std::uint8_t> bytes) {
  auto parsed = std::make_shared<const json>(json::parse(bytes.begin(), bytes.end(), nullptr, false));
  if (parsed->is_discarded() || parsed->is_null()) return {};
  return JsonValue(std::move(parsed));
}

JsonValue JsonValue::member(const char* name) const {
  const json& object = tree(node_);
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return {};
  return JsonValue(std::shared_ptr<const void>(node_, &*member));
}

std::uint64_t JsonValue::number(const char* name) const {
  const JsonValue value = member(name);
  return tree(value.node_).is_number_unsigned() ? tree(value.node_).get<std::uint64_t>() : 0;
}

std::string JsonValue::text(const char* name) const {
  return member(name).as_text();
}

bool JsonValue::flag(const char* name) const {
  const JsonValue value = member(name);
  return tree(value.node_).is_boolean() && tree(value.node_).get<bool>();
}

std::string JsonValue::as_text() const {
  return tree(node_).is_string() ? tree(node_).get<std::string>() : std::string();
}

std::vector<JsonValue> JsonValue::elements() const {
  std::vector<JsonValue> elements;
  if (!tree(node_).is_array()) return elements;
  for (const json& element : tree(node_)) elements.push_back(JsonValue(std::shared_ptr<const void>(node_, &element)));
  return elements;
}

std::vector<std::string> JsonValue::names() const {
  std::vector<std::string> names;
  if (!tree(node_).is_object()) return names;
  for (const auto& [name, value] : tree(node_).items()) names.push_back(name);
  return names;
}

}  // namespace obscura::deploy::net::detail
