#include "deploy/net/site.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include "base/file.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_queue.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

constexpr const char* kEmbedded = "embedded:";
constexpr std::uint64_t kMaxSettingsBytes = 64 * 1024;
// Keeps every time below what milliseconds in 64 bits hold.
constexpr std::uint64_t kMaxSeconds = 100'000'000;

struct Settings {
  EmbeddedQueueOptions queue;
  EmbeddedBlobsOptions blobs;
  std::uint64_t max_job_bytes = Site().max_job_bytes;
};

struct Setting {
  std::uint64_t least;
  std::uint64_t most;
  std::function<void(std::uint64_t)> set;
};

std::map<std::string, Setting> settings_of(Settings& settings) {
  constexpr std::uint64_t kAny = std::numeric_limits<std::int64_t>::max() / 1024;
  auto number = [](std::uint64_t& target) { return [&target](std::uint64_t value) { target = value; }; };
  return {{"max_tasks", {1, kAny, number(settings.queue.max_tasks)}},
          {"max_task_bytes", {1, kAny, number(settings.queue.max_task_bytes)}},
          {"max_result_bytes", {1, kAny, number(settings.queue.max_result_bytes)}},
          {"max_blob_bytes", {0, kAny, number(settings.blobs.max_bytes)}},
          {"max_job_bytes", {1, kAny, number(settings.max_job_bytes)}},
          {"lease_ms", {100, kMaxSeconds, [&](std::uint64_t value) { settings.queue.lease = Milliseconds(value); }}},
          {"retention_s",
           {1, kMaxSeconds, [&](std::uint64_t value) { settings.queue.retention = std::chrono::seconds(value); }}},
          {"survives_power_loss", {0, 1, [&](std::uint64_t value) {
                                     settings.queue.survives_power_loss = value == 1;
                                     settings.blobs.survives_power_loss = value == 1;
                                   }}}};
}

base::Result<void> read_line(const std::string& line, const std::map<std::string, Setting>& known,
                             const std::string& path) {
  const std::string said = line.substr(0, line.find('#'));
  std::istringstream words(said);
  std::string name;
  std::uint64_t value = 0;
  std::string rest;
  if (!(words >> name)) return {};
  const auto found = known.find(name);
  // A stream makes a large number of a negative one.
  const bool is_number = said.find('-') == std::string::npos && static_cast<bool>(words >> value) && !(words >> rest);
  if (found != known.end() && is_number && value >= found->second.least && value <= found->second.most) {
    found->second.set(value);
    return {};
  }
  return base::fail(ErrorCode::kUsage, fmt::format("{} has a line that means nothing: {}", path, line),
                    "each line is the name of a limit and a number within its range");
}

base::Result<Settings> read_settings(const std::string& path) {
  Settings settings;
  const auto bytes = base::read_file(path, kMaxSettingsBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return settings;
  if (!bytes) return tl::make_unexpected(bytes.error());
  const auto known = settings_of(settings);
  std::istringstream text(std::string(bytes->begin(), bytes->end()));
  for (std::string line; std::getline(text, line);) OBSCURA_TRY_VOID(read_line(line, known, path));
  return settings;
}

base::Result<Site> open_embedded(const std::string& folder, Clock& clock) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no site at {}: no such folder", folder),
                      "`obscura up FOLDER` makes one, or make an empty folder");
  }
  OBSCURA_TRY(const Settings settings, read_settings(folder + "/site.conf"));
  Site site;
  OBSCURA_TRY(site.queue, EmbeddedQueue::open(folder + "/queue", settings.queue, clock));
  OBSCURA_TRY(site.blobs, EmbeddedBlobs::open(folder + "/blobs", settings.blobs));
  OBSCURA_TRY(auto catalogue, Catalogue::open(folder + "/catalogue"));
  site.catalogue = std::make_unique<Catalogue>(std::move(catalogue));
  site.folder = folder;
  site.trust_folder = folder + "/trust";
  site.lease = settings.queue.lease;
  site.max_job_bytes = settings.max_job_bytes;
  return site;
}

}  // namespace

base::Result<Site> open_site(const std::string& address, Clock& clock) {
  if (address.rfind(kEmbedded, 0) == 0) return open_embedded(address.substr(std::string(kEmbedded).size()), clock);
  if (address.find("://") != std::string::npos) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("this program cannot reach a site at {}", address),
                      "give a folder, or embedded:FOLDER");
  }
  if (address.empty()) return base::fail(ErrorCode::kUsage, "the address of the site is empty", "give its folder");
  return open_embedded(address, clock);
}

}  // namespace obscura::deploy::net
