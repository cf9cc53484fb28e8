#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/catalogue.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {

/// A place that workers and submitters meet at, opened. For one thread; other threads and processes open it anew.
struct Site {
  std::unique_ptr<JobQueue> queue;
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<Catalogue> catalogue;  ///< what is pushed to the site; nullptr: it keeps no list
  std::string folder;                    ///< of an embedded site; empty: it is elsewhere
  std::string trust_folder;              ///< the site's own (trust_folder.hpp); empty: say whom you trust yourself
  Milliseconds lease{30'000};
  std::uint64_t max_job_bytes = std::uint64_t{1} << 30;  ///< of a step's inputs together
};

/// Opens the site at `address`: a folder, or "embedded:FOLDER". The folder must exist; what is missing in it is made:
///   queue, blobs/, catalogue/, trust/ (whose identities count), site.conf (optional: limits, read by all programs).
/// site.conf has lines "name number"; '#' begins a comment. Names: max_tasks, max_task_bytes, max_result_bytes,
/// max_blob_bytes, max_job_bytes, lease_ms, retention_s, survives_power_loss (0 or 1).
/// `clock` must outlive the site. Errors: kNotFound, kIo, kUsage (address, site.conf), kUnsupported (a kind of address
/// that this program cannot reach).
[[nodiscard]] base::Result<Site> open_site(const std::string& address, Clock& clock);

}  // namespace obscura::deploy::net
