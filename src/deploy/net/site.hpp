#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/catalogue.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::deploy::net {

/// A place that workers and submitters meet at, opened. For one thread; other threads and processes open it anew.
struct Site {
  std::unique_ptr<JobQueue> queue;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<Catalogue> catalogue;  ///< what is pushed to the site
  std::string folder;                    ///< of an embedded site; empty: it is elsewhere
  std::string trust_folder;              ///< the site's own (trust_folder.hpp); empty: say whom you trust yourself
  Milliseconds lease{30'000};
  std::uint64_t max_job_bytes = std::uint64_t{1} << 30;  ///< of a step's inputs together

  std::uint32_t groups = kMaxGroups + 1;  ///< operator groups there is room for: replicas are numbered below it

  /// Removes what nobody needs any more; for whoever supervises, now and then. Empty where the site does so itself.
  /// Errors: kIo.
  std::function<base::Result<void>()> forget_old;

  // Of a NATS site only.
  /// How long it keeps the ciphertexts of a job, also of one that is still open; nothing: for as long as it is open.
  std::optional<Milliseconds> blob_retention;
  std::uint32_t group = 0;  ///< a worker's own: the replica of which it may take tasks
  std::string tenant;       ///< a client's own; empty: whichever its identity may submit for
  bool sees_queue = true;   ///< whether this role may ask how full the queue is (JobQueue::status)
  /// Has the tasks of a lane handed out from here on; may be repeated. Empty where that needs nobody's doing, or is not
  /// for this role. Errors: kUntrusted, kNotFound (no streams), kIo.
  std::function<base::Result<void>(const Lane& lane)> open_lane;
};

/// Opens the site at `address`:
///  - a folder, or "embedded:FOLDER": a site on this machine. The folder must exist; what is missing in it is made:
///    queue, blobs/, catalogue/, trust/ (whose identities count), site.conf (optional: limits, read by all programs).
///    site.conf has lines "name number"; '#' begins a comment. Names: max_tasks, max_task_bytes, max_result_bytes,
///    max_blob_bytes, max_job_bytes, lease_ms, retention_s, blob_retention_s, survives_power_loss (0 or 1);
///  - a site file (site_file.hpp): a NATS site, in the role that the file says.
/// `clock` must outlive the site. Errors: kNotFound, kIo (no server answers), kUsage (address, site.conf, site file),
/// kUntrusted (the server refuses this role or is not the site's; a seed file that others can read), kUnsupported (a
/// kind of address that this program cannot reach).
[[nodiscard]] base::Result<Site> open_site(const std::string& address, Clock& clock);

/// What an address says by itself: nothing is opened, and no server needs to run.
struct SitePlace {
  std::string trust_folder;  ///< as in Site
  bool over_nats = false;
  NatsServerFiles server;  ///< as in SiteFile
};
/// Errors: kNotFound, kUsage, kUntrusted, kUnsupported, kIo, each as for open_site.
[[nodiscard]] base::Result<SitePlace> find_site(const std::string& address);

/// Makes what the site at `address` needs before others can meet there: of a NATS site its streams, with the limits of
/// the administrator's site file; of a folder nothing, for whoever opens it makes it. May be repeated. Errors: those of
/// open_site; kUsage (the site file is not an administrator's).
[[nodiscard]] base::Result<void> prepare_site(const std::string& address);

}  // namespace obscura::deploy::net
