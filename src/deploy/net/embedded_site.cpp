#include "deploy/net/embedded_site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "deploy/net/detail/number_lines.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/embedded_catalogue.hpp"
#include "deploy/net/embedded_queue.hpp"
#include "deploy/net/embedded_sweep.hpp"
#include "deploy/net/site_file.hpp"

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;
using detail::number_setting;

constexpr std::uint64_t kMaxSettingsBytes = 64 * 1024;

struct Settings {
  EmbeddedQueueOptions queue;
  EmbeddedBlobsOptions blobs;
  std::uint64_t max_job_bytes = Site().max_job_bytes;
  Milliseconds blob_retention = std::chrono::hours(168);
};

detail::NumberSettings settings_of(Settings& settings) {
  return {{"max_tasks", number_setting(settings.queue.max_tasks, 1)},
          {"max_task_bytes", number_setting(settings.queue.max_task_bytes, 1)},
          {"max_result_bytes", number_setting(settings.queue.max_result_bytes, 1)},
          {"max_blob_bytes", number_setting(settings.blobs.max_bytes, 0)},
          {"max_job_bytes", number_setting(settings.max_job_bytes, 1)},
          {"lease_ms", detail::time_setting<Milliseconds>(settings.queue.lease, 100)},
          {"retention_s", detail::time_setting<std::chrono::seconds>(settings.queue.retention, 1)},
          {"blob_retention_s", detail::time_setting<std::chrono::seconds>(settings.blob_retention, 1)},
          {"survives_power_loss", {0, 1, [&](std::uint64_t value) {
                                     settings.queue.survives_power_loss = value == 1;
                                     settings.blobs.survives_power_loss = value == 1;
                                   }}}};
}

base::Result<Settings> read_settings(const std::string& path) {
  Settings settings;
  const auto bytes = base::read_file(path, kMaxSettingsBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return settings;
  if (!bytes) return tl::make_unexpected(bytes.error());
  OBSCURA_TRY_VOID(detail::read_number_lines(std::string(bytes->begin(), bytes->end()), settings_of(settings), path));
  return settings;
}

}  // namespace

std::string trust_folder_in(const std::string& folder) {
  return folder + "/trust";
}

base::Result<void> check_embedded_folder(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return base::fail(ErrorCode::kNotFound, fmt::format("there is no site at {}: no such folder or site file", folder),
                      "`obscura up FOLDER` makes one, or make an empty folder");
  }
  // What is pushed into such a folder would reach nobody.
  if (std::filesystem::exists(fmt::format("{}/{}", folder, kNatsFolder), ignored)) {
    return base::fail(
        ErrorCode::kUsage, fmt::format("the site in {} is reached over NATS", folder),
        fmt::format("name the site file of your role: {}/client.site, owner.site, worker.site or admin.site", folder));
  }
  return {};
}

base::Result<Site> open_embedded_site(const std::string& folder, Clock& clock) {
  OBSCURA_TRY_VOID(check_embedded_folder(folder));
  OBSCURA_TRY(const Settings settings, read_settings(folder + "/site.conf"));
  Site site;
  OBSCURA_TRY(site.queue, EmbeddedQueue::open(folder + "/queue", settings.queue, clock));
  OBSCURA_TRY(site.blobs, EmbeddedBlobs::open(folder + "/blobs", settings.blobs));
  OBSCURA_TRY(site.catalogue, EmbeddedCatalogue::open(folder + "/catalogue"));
  site.folder = folder;
  site.trust_folder = trust_folder_in(folder);
  site.lease = settings.queue.lease;
  site.max_job_bytes = settings.max_job_bytes;
  OBSCURA_TRY(const IsOpenJob is_open, EmbeddedQueue::open_jobs(folder + "/queue"));
  // As long as its result, whatever is set.
  const Milliseconds kept = std::max(settings.blob_retention, settings.queue.retention);
  site.forget_old = [blobs = folder + "/blobs", is_open, kept, &clock]() -> base::Result<void> {
    OBSCURA_TRY([[maybe_unused]] const auto swept, sweep_job_blobs(blobs, is_open, clock.now() - kept));
    return {};
  };
  return site;
}

}  // namespace obscura::deploy::net
