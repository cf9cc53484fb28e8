#pragma once

#include <memory>

#include "deploy/net/catalogue.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net {

/// The catalogue of a NATS site: one message that lists all entries, the last of its subject. Who adds one replaces it,
/// provided that nobody else did meanwhile. The owner may write it, everybody may read it. Some 7000 entries fit.
class NatsCatalogue {
 public:
  /// The connection serves the site's queue and blobs too, all in one thread.
  [[nodiscard]] static std::unique_ptr<Catalogue> open(std::shared_ptr<NatsConnection> connection);
};

}  // namespace obscura::deploy::net
