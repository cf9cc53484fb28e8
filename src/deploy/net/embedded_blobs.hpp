#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"

namespace obscura::deploy::net {

struct EmbeddedBlobsOptions {
  std::uint64_t max_bytes = 0;      ///< of all blobs together; 0: as many as the disk takes
  bool survives_power_loss = true;  ///< false: blobs survive the death of processes only, and put is faster
};

/// Blobs as files FOLDER/ab/abcdef... named by their digest, shared by any number of processes. A blob being stored is
/// FOLDER/ab/abcdef....partial under a lock that dies with its process; the next put of the same blob goes on from what
/// it finds there. Blobs of a job are likewise in FOLDER/jobs/TENANT/JOB.rREPLICA (embedded_sweep.hpp). A file has its
/// name only once it is whole and durable.
class EmbeddedBlobs {
 public:
  /// Opens or creates the store. Error: kIo.
  [[nodiscard]] static base::Result<std::unique_ptr<BlobStore>> open(const std::string& folder,
                                                                     const EmbeddedBlobsOptions& options);
};

}  // namespace obscura::deploy::net
