#include "deploy/net/embedded_catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "base/folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::uint64_t kMaxEntryBytes = 1024;

std::string name_of(const CatalogueEntry& entry) {
  return fmt::format("{}-{}", entry.model.sha256.hex(), entry.eval_keys.sha256.hex());
}

std::optional<CatalogueEntry> read_entry(const std::string& path) {
  const auto bytes = base::read_file(path, kMaxEntryBytes);
  if (!bytes) return std::nullopt;
  return parse_catalogue_entry({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

class FolderCatalogue final : public Catalogue {
 public:
  explicit FolderCatalogue(std::string folder) : folder_(std::move(folder)) {}
  base::Result<void> add(const CatalogueEntry& entry) override;
  base::Result<std::vector<CatalogueEntry>> list() override;

 private:
  std::string folder_;
};

base::Result<void> FolderCatalogue::add(const CatalogueEntry& entry) {
  const std::string text = fmt::format("{}\n{}\n", entry.model.text(), entry.eval_keys.text());
  return base::write_file_atomically(fmt::format("{}/{}", folder_, name_of(entry)),
                                     {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

base::Result<std::vector<CatalogueEntry>> FolderCatalogue::list() {
  std::vector<CatalogueEntry> entries;
  std::error_code error;
  for (const fs::path& file : base::paths_in(folder_, error)) {
    const auto entry = read_entry(file.string());
    if (!entry || file.filename() != name_of(*entry)) continue;
    entries.push_back(*entry);
    if (entries.size() > kMaxCatalogue) {
      return base::fail(ErrorCode::kLimit, fmt::format("{} lists more than {} models", folder_, kMaxCatalogue),
                        "remove the files of models that nobody uses");
    }
  }
  if (error) {
    return base::fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", folder_, error.message()),
                      "check the folder and its permissions");
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

base::Result<std::unique_ptr<Catalogue>> EmbeddedCatalogue::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return std::make_unique<FolderCatalogue>(folder);
  return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", folder, error.message()),
                    "check the folder and its permissions");
}

}  // namespace obscura::deploy::net
