#pragma once

#include <string>
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

/// The list of what was pushed to an embedded site: one small file per entry, shared by any number of processes.
class Catalogue {
 public:
  /// Opens or creates the folder. Error: kIo.
  [[nodiscard]] static base::Result<Catalogue> open(const std::string& folder);

  /// Adds the entry, if it is not there. Only after its blobs are stored. Error: kIo.
  [[nodiscard]] base::Result<void> add(const CatalogueEntry& entry);
  /// All entries, in the order of CatalogueEntry; files that are none are skipped. Errors: kIo, kLimit.
  [[nodiscard]] base::Result<std::vector<CatalogueEntry>> list() const;

 private:
  explicit Catalogue(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace obscura::deploy::net
