#include "deploy/net/site_over_nats.hpp"

#include <fmt/format.h>

#include <utility>

#include "deploy/net/nats_blobs.hpp"
#include "deploy/net/nats_catalogue.hpp"
#include "deploy/net/nats_connection.hpp"
#include "deploy/net/nats_queue.hpp"
#include "deploy/net/nats_settings.hpp"
#include "deploy/net/nats_streams.hpp"
#include "deploy/net/site_file.hpp"

namespace obscura::deploy::net {

using base::ErrorCode;

base::Result<Site> open_nats_site(const std::string& path) {
  OBSCURA_TRY(const SiteFile file, read_site_file(path));
  OBSCURA_TRY(const auto connection, NatsConnection::open(file.reach));
  OBSCURA_TRY(const NatsSettings settings, read_settings(*connection));
  if (file.role == SiteRole::kWorker && file.group >= settings.groups) {
    return base::fail(ErrorCode::kUsage,
                      fmt::format("{} says operator group {}, and the site has {}", path, file.group, settings.groups),
                      "groups count from 0; the administrator's site file says how many there are");
  }
  const bool is_admin = file.role == SiteRole::kAdmin;
  Site site;
  site.queue = NatsQueue::open(connection, {.lease = settings.lease,
                                            .makes_lanes = is_admin,
                                            .sees_results = file.role != SiteRole::kWorker,
                                            .copies = settings.copies});
  site.blobs = NatsBlobs::open(connection);
  site.catalogue = NatsCatalogue::open(connection);
  site.trust_folder = file.trust_folder;
  site.lease = settings.lease;
  site.max_job_bytes = settings.max_job_bytes;
  site.groups = settings.groups;
  site.blob_retention = settings.blob_retention;
  site.group = file.group;
  site.tenant = file.tenant;
  site.sees_queue = is_admin;
  if (is_admin || file.role == SiteRole::kOwner) {
    site.open_lane = [connection, lease = settings.lease](const Lane& lane) {
      return create_lane(*connection, lane, lease);
    };
  }
  return site;
}

base::Result<void> make_nats_streams(const std::string& path) {
  OBSCURA_TRY(const SiteFile file, read_site_file(path));
  if (file.role != SiteRole::kAdmin) {
    return base::fail(ErrorCode::kUsage, fmt::format("{} is the site file of the role {}", path, name_of(file.role)),
                      "only the administrator makes streams: give the site file with `role admin`");
  }
  OBSCURA_TRY(const auto connection, NatsConnection::open(file.reach));
  OBSCURA_TRY_VOID(create_streams(*connection, file.streams));
  return write_settings(*connection, file.settings);
}

}  // namespace obscura::deploy::net
