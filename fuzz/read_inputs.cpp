#include <cmath>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "compiler/graph/print.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "deploy/net/catalogue.hpp"
#include "deploy/net/detail/json_value.hpp"
#include "deploy/net/nats_config.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nkey.hpp"
#include "deploy/net/site_file.hpp"
#include "fuzz/readers.hpp"
#include "images/csv.hpp"
#include "images/idx.hpp"
#include "images/image.hpp"
#include "images/npy.hpp"
#include "images/preprocess.hpp"

namespace obscura::fuzz {
namespace {

namespace net = deploy::net;

template <class T>
Reading refusal(const base::Result<T>& result) {
  return {result.error(), std::nullopt};
}

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An image that a network of its own shape takes.
void check_image(const images::Image& image) {
  OBSCURA_CHECK(image.values.size() == static_cast<std::size_t>(image.channels) * image.pixels(),
                "an image has as many values as it says");
  for (const float value : image.values) OBSCURA_CHECK(value >= 0 && value <= 255, "a value of an image is 0 to 255");
}

void check_numbers(std::span<const float> numbers) {
  for (const float number : numbers) OBSCURA_CHECK(std::isfinite(number), "numbers that were read are finite");
}

/// Visits what the product may look at, and a little deeper.
std::size_t walk(const net::detail::JsonValue& value, int depth = 8) {
  std::size_t count = value.as_text().size();
  if (depth == 0) return count;
  for (const std::string& name : value.names()) {
    const char* text = name.c_str();
    count += value.number(text) % 2 + (value.flag(text) ? 1 : 0) + walk(value.member(text), depth - 1);
  }
  for (const net::detail::JsonValue& element : value.elements()) count += walk(element, depth - 1);
  return count;
}

/// What is written from the roles says the same.
void check_roles(const ScratchFolder& folder, const net::NatsRoles& roles) {
  const std::string text = net::nats_roles_text(roles);
  folder.write("roles.again", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  const auto again = net::read_nats_roles(folder.path("roles.again"));
  OBSCURA_CHECK(again && net::nats_roles_text(*again) == text, "roles are read as they are written");
  (void)net::nats_accounts(roles);
}

}  // namespace

Reading Readers::onnx(std::span<const std::uint8_t> bytes) const {
  compiler::onnx_import::ImportOptions options;
  options.max_nodes = 200;
  options.max_constants = 1 << 16;
  const auto graph = compiler::onnx_import::read_onnx(bytes, options);
  if (!graph) return refusal(graph);
  (void)compiler::graph::print(*graph);
  return {};
}

Reading Readers::image(std::span<const std::uint8_t> bytes) const {
  const auto image = images::decode_image(bytes, "x.png", {std::uint64_t{1} << 20, std::uint64_t{1} << 16});
  if (!image) return refusal(image);
  check_image(*image);
  return {};
}

Reading Readers::tensor(std::span<const std::uint8_t> bytes) const {
  if (images::is_idx(bytes)) {
    const auto file = images::IdxFile::decode({bytes.begin(), bytes.end()}, "x.idx");
    if (!file) return refusal(file);
    const auto image = file->image(0);
    if (image) check_image(*image);
    if (!image && !file->label(0)) return refusal(image);
    return {};
  }
  if (images::is_npy(bytes)) {
    const auto array = images::decode_npy(bytes, "x.npy");
    if (!array) return refusal(array);
    check_numbers(array->values);
    return {};
  }
  const auto rows = images::decode_csv(text_of(bytes), "x.csv");
  if (!rows) return refusal(rows);
  for (const auto& row : *rows) check_numbers(row);
  return {};
}

Reading Readers::site(std::span<const std::uint8_t> bytes) const {
  const bool note = walk(net::detail::JsonValue::parse(bytes)) > 0;
  const bool listed = net::parse_catalogue_entry(text_of(bytes)).has_value();
  const bool seed = net::read_nkey_seed(text_of(bytes)).has_value();
  const auto roles = net::read_nats_roles(folder_.write("roles", bytes));
  if (roles) check_roles(folder_, *roles);
  const auto site = net::read_site_file(folder_.write("it.site", bytes));
  if (site || roles || note || listed || seed) return {};
  return refusal(site);
}

}  // namespace obscura::fuzz
