#include "deploy/net/trust_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "artifact/identity.hpp"
#include "deploy/net/address.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using artifact::PublicIdentity;
using base::ErrorCode;

// What is in a folder, by name; nothing when there is no such folder.
base::Result<std::vector<fs::path>> listing(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  if (!fs::exists(folder, error)) return paths;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) paths.push_back(entry->path());
  if (error) {
    return base::fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", folder.string(), error.message()),
                      "check the folder and its permissions");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

base::Result<std::vector<PublicIdentity>> identities_in(const fs::path& folder) {
  OBSCURA_TRY(const auto paths, listing(folder));
  std::vector<PublicIdentity> identities;
  for (const fs::path& path : paths) {
    if (path.extension() != ".pub") continue;
    OBSCURA_TRY(auto identity, artifact::load_public_identity(path.string()));
    identities.push_back(std::move(identity));
  }
  return identities;
}

base::Result<std::vector<artifact::VerifyKey>> keys_in(const fs::path& folder) {
  OBSCURA_TRY(const auto identities, identities_in(folder));
  std::vector<artifact::VerifyKey> keys;
  for (const PublicIdentity& identity : identities) keys.push_back(identity.key);
  return keys;
}

base::Result<std::vector<Submitter>> submitters_in(const fs::path& folder) {
  OBSCURA_TRY(const auto tenants, listing(folder));
  std::vector<Submitter> submitters;
  for (const fs::path& path : tenants) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) continue;
    const std::string tenant = path.filename().string();
    if (!valid_name(tenant)) {
      return base::fail(ErrorCode::kUsage, fmt::format("{} cannot be the name of a tenant", path.string()),
                        fmt::format("names have 1 to {} of A-Z a-z 0-9 _ -", kMaxNameBytes));
    }
    OBSCURA_TRY(const auto keys, keys_in(path));
    for (const artifact::VerifyKey& key : keys) submitters.push_back({tenant, key});
  }
  return submitters;
}

}  // namespace

base::Result<SiteTrust> load_site_trust(const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no trust folder {}", folder),
                      "make it, and copy the public identities that you trust into its folders submitters/TENANT, "
                      "workers, supervisors and owners");
  }
  SiteTrust trust;
  OBSCURA_TRY(trust.jobs.submitters, submitters_in(fs::path(folder) / "submitters"));
  OBSCURA_TRY(trust.jobs.workers, keys_in(fs::path(folder) / "workers"));
  OBSCURA_TRY(trust.jobs.supervisors, keys_in(fs::path(folder) / "supervisors"));
  OBSCURA_TRY(auto owners, identities_in(fs::path(folder) / "owners"));
  for (PublicIdentity& owner : owners) trust.owners.add(std::move(owner));
  return trust;
}

}  // namespace obscura::deploy::net
