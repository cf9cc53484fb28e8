#include "deploy/net/trust_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include "artifact/identity.hpp"
#include "base/folder.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/choose_groups.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using artifact::PublicIdentity;
using base::ErrorCode;

constexpr int kAttempts = 3;

// What is in a folder, by name; nothing when there is no such folder.
base::Result<std::vector<fs::path>> listing(const fs::path& folder) {
  std::error_code error;
  auto paths = base::paths_in(folder, error);
  if (!error || error == std::errc::no_such_file_or_directory) return paths;
  return base::fail(ErrorCode::kIo, fmt::format("cannot list {}: {}", folder.string(), error.message()),
                    "check the folder and its permissions");
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

base::Result<WorkerGroup> group_in(const fs::path& path) {
  const std::string folder = path.filename().string();
  const std::size_t dash = folder.find('-');
  WorkerGroup group{.number = 0, .name = dash == std::string::npos ? "" : folder.substr(dash + 1), .workers = {}};
  const char* const end = folder.data() + std::min(dash, folder.size());
  const auto read = std::from_chars(folder.data(), end, group.number);
  const bool is_number = read.ec == std::errc() && read.ptr == end && folder.front() != '0';
  if (!is_number || group.number > kMaxGroups || !valid_name(group.name) || group.name == kNoGroup) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} cannot be the folder of a group of workers", path.string()),
                      fmt::format("call it NUMBER-NAME, as in 1-acme: a number from 1 to {}, and a name of letters, "
                                  "digits, _ and - other than \"{}\"",
                                  kMaxGroups, kNoGroup));
  }
  OBSCURA_TRY(group.workers, keys_in(path));
  return group;
}

// That replicas come from different people: no number, name or worker twice.
base::Result<void> check_distinct(const Trust& trust, const fs::path& folder) {
  std::vector<const artifact::VerifyKey*> seen;
  const auto add = [&](const std::vector<artifact::VerifyKey>& keys) {
    for (const auto& key : keys) seen.push_back(&key);
  };
  add(trust.workers);
  for (auto group = trust.groups.begin(); group != trust.groups.end(); ++group) {
    const bool twice = std::any_of(trust.groups.begin(), group, [&](const WorkerGroup& other) {
      return other.number == group->number || other.name == group->name;
    });
    const bool shared = std::any_of(group->workers.begin(), group->workers.end(), [&](const auto& key) {
      return std::any_of(seen.begin(), seen.end(), [&](const auto* other) { return *other == key; });
    });
    if (twice || shared) {
      return base::fail(ErrorCode::kUsage,
                        fmt::format("{} has the group {}-{} whose number, name or worker another group has",
                                    folder.string(), group->number, group->name),
                        "replicas are compared between groups: each needs its own number, name and workers");
    }
    add(group->workers);
  }
  return {};
}

base::Result<std::vector<WorkerGroup>> groups_in(const fs::path& folder) {
  OBSCURA_TRY(const auto paths, listing(folder));
  std::vector<WorkerGroup> groups;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) continue;
    OBSCURA_TRY(auto group, group_in(path));
    groups.push_back(std::move(group));
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return groups;
}

base::Result<SiteTrust> read_folder(const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no trust folder {}", folder),
                      "make it, and copy the public identities that you trust into its folders submitters/TENANT, "
                      "workers, supervisors and owners");
  }
  SiteTrust trust;
  OBSCURA_TRY(trust.jobs.submitters, submitters_in(fs::path(folder) / "submitters"));
  OBSCURA_TRY(trust.jobs.workers, keys_in(fs::path(folder) / "workers"));
  OBSCURA_TRY(trust.jobs.groups, groups_in(fs::path(folder) / "workers"));
  OBSCURA_TRY_VOID(check_distinct(trust.jobs, fs::path(folder) / "workers"));
  OBSCURA_TRY(trust.jobs.supervisors, keys_in(fs::path(folder) / "supervisors"));
  OBSCURA_TRY(auto owners, identities_in(fs::path(folder) / "owners"));
  for (PublicIdentity& owner : owners) trust.owners.add(std::move(owner));
  return trust;
}

}  // namespace

base::Result<SiteTrust> load_site_trust(const std::string& folder) {
  auto trust = read_folder(folder);
  // What is moved away while it is read is not there a moment later.
  for (int attempt = 1; !trust && trust.error().code == ErrorCode::kNotFound && attempt < kAttempts; ++attempt) {
    trust = read_folder(folder);
  }
  return trust;
}

}  // namespace obscura::deploy::net
