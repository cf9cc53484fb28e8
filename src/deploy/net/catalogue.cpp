#include "deploy/net/catalogue.hpp"

#include <sstream>

namespace obscura::deploy::net {

std::optional<CatalogueEntry> parse_catalogue_entry(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string model;
  std::string keys;
  words >> model >> keys;
  const auto model_ref = BlobRef::parse(model);
  const auto keys_ref = BlobRef::parse(keys);
  if (!model_ref || !keys_ref) return std::nullopt;
  return CatalogueEntry{*model_ref, *keys_ref};
}

}  // namespace obscura::deploy::net
