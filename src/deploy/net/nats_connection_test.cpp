#include "deploy/net/nats_connection.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "deploy/net/testing/nats_place.hpp"

namespace obscura::deploy::net::testing {
namespace {

// The library tells of each end in a thread of its own. With the address sanitizer this fails when it still does so
// after the connection's memory is gone.
TEST(NatsConnection, MayEndWhileTheLibraryStillTellsOfIt) {
  LoopbackServer server;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::shared_ptr<NatsConnection>> connections;
    for (int i = 0; i < 10; ++i) connections.push_back(server.connect());
    if (round == 19) server.kill_now();
    connections.clear();
  }
}

}  // namespace
}  // namespace obscura::deploy::net::testing
