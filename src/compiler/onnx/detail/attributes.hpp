#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "compiler/onnx/detail/proto.hpp"

namespace obscura::compiler::onnx_import {

/// The attributes of one node. An operator asks for those it knows and gets the fallback when one is
/// absent; afterwards finish() tells whether any had the wrong type or was never asked for, so that
/// no attribute is ignored in silence.
class Attributes {
 public:
  explicit Attributes(const onnx::NodeProto& node) : node_(node) {}

  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback);
  [[nodiscard]] double real(std::string_view name, double fallback);
  [[nodiscard]] std::string text(std::string_view name, std::string fallback);
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name, std::vector<std::int64_t> fallback);
  [[nodiscard]] std::vector<double> reals(std::string_view name, std::vector<double> fallback);
  /// Null when absent.
  [[nodiscard]] const onnx::AttributeProto* find(std::string_view name);
  /// Attributes that change nothing in inference.
  void ignore(std::string_view name);

  /// The first attribute of a wrong type, as a sentence without the node's name.
  [[nodiscard]] const std::optional<std::string>& wrong() const { return wrong_; }
  /// An attribute that nobody asked for.
  [[nodiscard]] std::optional<std::string> unread() const;

 private:
  [[nodiscard]] const onnx::AttributeProto* typed(std::string_view name, onnx::AttributeProto::AttributeType type);

  const onnx::NodeProto& node_;
  std::set<std::string, std::less<>> known_;
  std::optional<std::string> wrong_;
};

}  // namespace obscura::compiler::onnx_import
