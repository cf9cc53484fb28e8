#include "deploy/net/embedded_sweep.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/folder.hpp"

namespace obscura::deploy::net {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr const char* kJobs = "jobs";
constexpr const char* kLeaving = ".leaving";  // no name of a job has a dot before an r

tl::unexpected<base::Error> io_error(const std::string& verb, const fs::path& path, const std::error_code& error) {
  return base::fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path.string(), error.message()),
                    "check the folder and its permissions");
}

// "TENANT", "JOB.rREPLICA"
std::optional<JobKey> key_of(const std::string& tenant, const std::string& name) {
  const std::size_t dot = name.find(".r");
  if (dot == std::string::npos) return std::nullopt;
  JobKey key{.tenant = tenant, .job = name.substr(0, dot)};
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + dot + 2, end, key.replica);
  if (read.ec != std::errc() || read.ptr != end || !valid_name(key.tenant) || !valid_name(key.job)) return std::nullopt;
  return key;
}

Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
  std::error_code error;
  auto paths = base::paths_in(folder, error);
  if (error && error != std::errc::no_such_file_or_directory) return io_error("list", folder, error);
  return paths;
}

// When a file in the folder was last stored or asked for. What cannot be looked at is in use.
Instant last_use(const fs::path& folder) {
  Instant last{};
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) != 0) return Instant::max();
    if (!S_ISREG(status.st_mode)) continue;
    const auto seconds = std::chrono::seconds(status.st_mtim.tv_sec);
    last = std::max(last, Instant(std::chrono::duration_cast<Milliseconds>(seconds)));
  }
  return error ? Instant::max() : last;
}

// Back to where they came from, each file whole or not at all; what was stored there anew meanwhile stands.
Result<void> put_back(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::recursive_directory_iterator entry(from, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path place = to / entry->path().lexically_relative(from);
    std::error_code failed;
    const bool is_folder = entry->is_directory(failed);
    if (!failed && is_folder) fs::create_directories(place, failed);
    if (!failed && !is_folder) {
      fs::create_directories(place.parent_path(), failed);
      if (!failed) fs::create_hard_link(entry->path(), place, failed);
    }
    if (failed && failed != std::errc::file_exists) return io_error("put back", place, failed);
  }
  if (error && error != std::errc::no_such_file_or_directory) return io_error("list", from, error);
  return {};
}

// Not before all that it holds is elsewhere: until then it stays, and the next sweep tries again.
Result<void> put_back_and_remove(const fs::path& leaving, const fs::path& to) {
  OBSCURA_TRY_VOID(put_back(leaving, to));
  std::error_code error;
  fs::remove_all(leaving, error);
  if (error) return io_error("remove", leaving, error);
  return {};
}

// What a sweep that was killed had begun to take away.
Result<void> put_back_interrupted(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.ends_with(kLeaving)) return {};
  return put_back_and_remove(folder, folder.parent_path() / name.substr(0, name.size() - std::strlen(kLeaving)));
}

// First under another name, so that whoever stores from here on stores anew; then it is seen who came before that.
Result<bool> remove_unused(const fs::path& folder, const JobKey& key, const IsOpenJob& is_open, Instant before) {
  const fs::path leaving = folder.string() + kLeaving;
  std::error_code error;
  fs::rename(folder, leaving, error);
  if (error == std::errc::no_such_file_or_directory) return false;  // somebody else sweeps
  if (error) return io_error("move", folder, error);
  const auto open = is_open(key);
  if (!open || *open || last_use(leaving) >= before) {
    OBSCURA_TRY_VOID(put_back_and_remove(leaving, folder));
    if (!open) return tl::make_unexpected(open.error());
    return false;
  }
  fs::remove_all(leaving, error);
  if (error) return io_error("remove", leaving, error);
  return true;
}

Result<bool> sweep_job(const fs::path& folder, const std::string& tenant, const IsOpenJob& is_open, Instant before) {
  const auto key = key_of(tenant, folder.filename().string());
  if (!key || last_use(folder) >= before) return false;
  OBSCURA_TRY(const bool open, is_open(*key));
  if (open) return false;
  return remove_unused(folder, *key, is_open, before);
}

}  // namespace

std::string job_blobs_folder(const std::string& folder, const JobKey& key) {
  if (!valid_name(key.tenant) || !valid_name(key.job)) return {};
  return fmt::format("{}/{}/{}/{}.r{}", folder, kJobs, key.tenant, key.job, key.replica);
}

Result<std::uint64_t> sweep_job_blobs(const std::string& folder, const IsOpenJob& is_open, Instant before) {
  std::uint64_t swept = 0;
  std::optional<base::Error> trouble;  // what cannot be swept is no reason to leave the rest
  OBSCURA_TRY(const auto tenants, entries_of(fs::path(folder) / kJobs));
  for (const fs::path& tenant : tenants) {
    OBSCURA_TRY(const auto found, entries_of(tenant));
    for (const fs::path& each : found) {
      if (auto done = put_back_interrupted(each); !done) trouble = std::move(done.error());
    }
    OBSCURA_TRY(const auto jobs, entries_of(tenant));
    for (const fs::path& job : jobs) {
      auto gone = sweep_job(job, tenant.filename().string(), is_open, before);
      if (!gone) trouble = std::move(gone.error());
      if (gone && *gone) ++swept;
    }
  }
  if (trouble) return tl::make_unexpected(std::move(*trouble));
  return swept;
}

}  // namespace obscura::deploy::net
