#pragma once

#include <memory>

#include "deploy/net/blob_store.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net {

/// Blobs in streams, a message per chunk, several of which are on the way at once: models and keys in MODEL, those of
/// jobs (of_job) in BLOB, each job's under its tenant and replica. The message `.meta` comes
/// last: a blob whose meta is stored is there whole. What is stored under a name by somebody else and wrong is found by
/// whoever reads it (kCorrupt), and stays until the owner removes it.
class NatsBlobs {
 public:
  /// The connection serves this store alone (and at most the queue of the same thread).
  [[nodiscard]] static std::unique_ptr<BlobStore> open(std::shared_ptr<NatsConnection> connection);
};

}  // namespace obscura::deploy::net
