#include "compiler/onnx/detail/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace obscura::compiler::onnx_import {

const onnx::AttributeProto* Attributes::find(std::string_view name) {
  known_.emplace(name);
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

const onnx::AttributeProto* Attributes::typed(std::string_view name, onnx::AttributeProto::AttributeType type) {
  const onnx::AttributeProto* attribute = find(name);
  if (attribute == nullptr || attribute->type() == type) return attribute;
  if (!wrong_) wrong_ = fmt::format("attribute '{}' has the wrong type", name);
  return nullptr;
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) {
  const auto* attribute = typed(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? fallback : attribute->i();
}

double Attributes::real(std::string_view name, double fallback) {
  const auto* attribute = typed(name, onnx::AttributeProto::FLOAT);
  if (attribute == nullptr) return fallback;
  const double value = static_cast<double>(attribute->f());
  if (!std::isfinite(value) && !wrong_) wrong_ = fmt::format("attribute '{}' is not a finite number", name);
  return value;
}

std::string Attributes::text(std::string_view name, std::string fallback) {
  const auto* attribute = typed(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? std::move(fallback) : attribute->s();
}

std::vector<std::int64_t> Attributes::integers(std::string_view name, std::vector<std::int64_t> fallback) {
  const auto* attribute = typed(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return fallback;
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<double> Attributes::reals(std::string_view name, std::vector<double> fallback) {
  const auto* attribute = typed(name, onnx::AttributeProto::FLOATS);
  if (attribute == nullptr) return fallback;
  const bool finite = std::all_of(attribute->floats().begin(), attribute->floats().end(),
                                  [](float value) { return std::isfinite(value); });
  if (!finite && !wrong_) wrong_ = fmt::format("attribute '{}' holds an infinity or a NaN", name);
  return {attribute->floats().begin(), attribute->floats().end()};
}

void Attributes::ignore(std::string_view name) {
  known_.emplace(name);
}

std::optional<std::string> Attributes::unread() const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (!known_.contains(attribute.name())) return attribute.name();
  }
  return std::nullopt;
}

}  // namespace obscura::compiler::onnx_import
