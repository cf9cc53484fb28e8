#include "deploy/net/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <utility>

#include "base/file.hpp"

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
  std::istringstream text(std::string(bytes->begin(), bytes->end()));
  std::string model;
  std::string keys;
  text >> model >> keys;
  const auto model_ref = BlobRef::parse(model);
  const auto keys_ref = BlobRef::parse(keys);
  if (!model_ref || !keys_ref) return std::nullopt;
  return CatalogueEntry{*model_ref, *keys_ref};
}

}  // namespace

base::Result<Catalogue> Catalogue::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return Catalogue(folder);
  return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", folder, error.message()),
                    "check the folder and its permissions");
}

base::Result<void> Catalogue::add(const CatalogueEntry& entry) {
  const std::string text = fmt::format("{}\n{}\n", entry.model.text(), entry.eval_keys.text());
  return base::write_file_atomically(fmt::format("{}/{}", folder_, name_of(entry)),
                                     {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

base::Result<std::vector<CatalogueEntry>> Catalogue::list() const {
  std::vector<CatalogueEntry> entries;
  std::error_code error;
  fs::directory_iterator file(folder_, error);
  for (; !error && file != fs::directory_iterator(); file.increment(error)) {
    const auto entry = read_entry(file->path().string());
    if (!entry || file->path().filename() != name_of(*entry)) continue;
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

}  // namespace obscura::deploy::net
