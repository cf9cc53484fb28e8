#include "deploy/net/revoke_group.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "artifact/digest.hpp"
#include "base/folder.hpp"
#include "deploy/net/choose_groups.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

tl::unexpected<base::Error> failed(const std::string& what, const std::error_code& error) {
  return base::fail(ErrorCode::kIo, fmt::format("cannot {}: {}", what, error.message()),
                    "check the folder and its permissions");
}

// A name below revoked/ that nothing has yet: a group may be taken in and revoked again.
fs::path free_place(const fs::path& revoked, const std::string& name) {
  std::error_code ignored;
  fs::path place = revoked / name;
  for (int again = 2; fs::exists(place, ignored); ++again) place = revoked / fmt::format("{}.{}", name, again);
  return place;
}

base::Result<void> move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return failed(fmt::format("move {} to {}", from.string(), to.string()), error);
  return {};
}

// Workers without a group have no folder of their own that could move as a whole.
base::Result<void> move_identities(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  if (error) return failed("create " + to.string(), error);
  const std::vector<fs::path> paths = base::paths_in(from, error);
  if (error) return failed("list " + from.string(), error);
  for (const fs::path& path : paths) {
    if (path.extension() == ".pub") OBSCURA_TRY_VOID(move(path, to / path.filename()));
  }
  return {};
}

base::Result<void> note(const fs::path& revoked, const std::string& name, const Revoked& done, Instant now) {
  std::string signers;
  for (const std::string& identity : done.identities) signers += (signers.empty() ? "\"" : ", \"") + identity + "\"";
  std::ofstream log(revoked / "log.jsonl", std::ios::app);
  log << fmt::format(R"({{"time": "{:%Y-%m-%dT%H:%M:%SZ}", "group": "{}", "number": {}, "workers": [{}]}})",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), name, done.number, signers)
      << std::endl;
  if (log) return {};
  return base::fail(ErrorCode::kIo,
                    fmt::format("the group {} is revoked, but {}/log.jsonl does not say so", name, revoked.string()),
                    "write it down elsewhere");
}

}  // namespace

base::Result<Revoked> revoke_group(const std::string& trust_folder, const std::string& name, Instant now) {
  OBSCURA_TRY(const SiteTrust trust, load_site_trust(trust_folder));
  const auto number = find_group(trust.jobs, name);
  if (!number || workers_of(trust.jobs, *number).empty()) {
    return base::fail(ErrorCode::kNotFound, fmt::format("{} has no workers of a group {}", trust_folder, name),
                      "groups are the folders workers/NUMBER-NAME; it may be revoked already");
  }
  Revoked done{.number = *number, .identities = {}, .folder = {}};
  for (const auto& key : workers_of(trust.jobs, *number))
    done.identities.push_back(artifact::fingerprint(key.digest()));
  const fs::path workers = fs::path(trust_folder) / "workers";
  const fs::path revoked = fs::path(trust_folder) / "revoked";
  std::error_code error;
  fs::create_directories(revoked, error);
  if (error) return failed("create " + revoked.string(), error);
  const std::string folder = *number == 0 ? name : fmt::format("{}-{}", *number, name);
  const fs::path place = free_place(revoked, folder);
  if (*number == 0) {
    OBSCURA_TRY_VOID(move_identities(workers, place));
  } else {
    OBSCURA_TRY_VOID(move(workers / folder, place));
  }
  done.folder = place.string();
  OBSCURA_TRY_VOID(note(revoked, name, done, now));
  return done;
}

}  // namespace obscura::deploy::net
