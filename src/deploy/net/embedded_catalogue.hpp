#pragma once

#include <memory>
#include <string>

#include "deploy/net/catalogue.hpp"

namespace obscura::deploy::net {

/// The catalogue of an embedded site: a folder with one small file per entry.
class EmbeddedCatalogue {
 public:
  /// Opens or creates the folder. Error: kIo.
  [[nodiscard]] static base::Result<std::unique_ptr<Catalogue>> open(const std::string& folder);
};

}  // namespace obscura::deploy::net
