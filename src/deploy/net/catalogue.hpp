#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_ref.hpp"

namespace obscura::deploy::net {

/// A model at a site together with evaluation keys for it: what a worker may offer to serve. Whoever writes the list is
/// not trusted: a worker serves only what an owner that it trusts has signed.
struct CatalogueEntry {
  BlobRef model;  ///< the manifest, or a whole sealed model
  BlobRef eval_keys;

  friend auto operator<=>(const CatalogueEntry&, const CatalogueEntry&) = default;
};

/// Most entries that are listed.
inline constexpr std::size_t kMaxCatalogue = 10'000;

/// The list of what was pushed to a site, shared by any number of processes.
class Catalogue {
 public:
  Catalogue() = default;
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  virtual ~Catalogue() = default;

  /// Adds the entry, if it is not there. Only after its blobs are stored. Errors: kIo, kLimit (no room for another),
  /// kUntrusted (who asks may not).
  [[nodiscard]] virtual base::Result<void> add(const CatalogueEntry& entry) = 0;
  /// All entries, in the order of CatalogueEntry; what is no entry is skipped. Errors: kIo, kLimit.
  [[nodiscard]] virtual base::Result<std::vector<CatalogueEntry>> list() = 0;
};

/// Both names with white space between them; anything else is none.
[[nodiscard]] std::optional<CatalogueEntry> parse_catalogue_entry(std::string_view text);

}  // namespace obscura::deploy::net
