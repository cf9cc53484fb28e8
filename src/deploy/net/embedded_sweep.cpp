#include "deploy/net/embedded_sweep.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

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
  std::vector<fs::path> paths;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) paths.push_back(entry->path());
  if (error && error != std::errc::no_such_file_or_directory) return io_error("list", folder, error);
  return paths;
}

// When a file in the folder was last stored or asked for.
Instant last_use(const fs::path& folder) {
  Instant last{};
  std::error_code ignored;
  fs::recursive_directory_iterator entry(folder, ignored);
  for (; !ignored && entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    struct stat status {};
    if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const auto seconds = std::chrono::seconds(status.st_mtim.tv_sec);
    last = std::max(last, Instant(std::chrono::duration_cast<Milliseconds>(seconds)));
  }
  return last;
}

// Back to where they came from; what was stored there anew meanwhile stands.
void put_back(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::skip_existing, ignored);
}

// First under another name, so that whoever stores from here on stores anew; then it is seen who came before that.
Result<bool> remove_unused(const fs::path& folder, const JobKey& key, const IsOpenJob& is_open, Instant before) {
  const fs::path leaving = folder.string() + kLeaving;
  std::error_code error;
  fs::rename(folder, leaving, error);
  if (error == std::errc::no_such_file_or_directory) return false;  // somebody else sweeps
  if (error) return io_error("move", folder, error);
  const auto open = is_open(key);
  const bool stays = !open || *open || last_use(leaving) >= before;
  if (stays) put_back(leaving, folder);
  fs::remove_all(leaving, error);
  if (!open) return tl::make_unexpected(open.error());
  if (error) return io_error("remove", leaving, error);
  return !stays;
}

}  // namespace

std::string job_blobs_folder(const std::string& folder, const JobKey& key) {
  if (!valid_name(key.tenant) || !valid_name(key.job)) return {};
  return fmt::format("{}/{}/{}/{}.r{}", folder, kJobs, key.tenant, key.job, key.replica);
}

Result<std::uint64_t> sweep_job_blobs(const std::string& folder, const IsOpenJob& is_open, Instant before) {
  std::uint64_t swept = 0;
  OBSCURA_TRY(const auto tenants, entries_of(fs::path(folder) / kJobs));
  for (const fs::path& tenant : tenants) {
    OBSCURA_TRY(const auto jobs, entries_of(tenant));
    for (const fs::path& job : jobs) {
      const auto key = key_of(tenant.filename().string(), job.filename().string());
      if (!key || last_use(job) >= before) continue;
      OBSCURA_TRY(const bool open, is_open(*key));
      if (open) continue;
      OBSCURA_TRY(const bool gone, remove_unused(job, *key, is_open, before));
      swept += gone ? 1 : 0;
    }
  }
  return swept;
}

}  // namespace obscura::deploy::net
