#include "deploy/net/nats_connection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "deploy/net/testing/nats_place.hpp"

namespace obscura::deploy::net::testing {
namespace {

constexpr Milliseconds kShort{150};
constexpr Milliseconds kLook{5};
constexpr Milliseconds kPatience{10'000};

template <class Holds>
bool comes_to_hold(Holds holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

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

// What lay in wait for the server would come to it all at once, long after anybody waits for the answers.
TEST(NatsConnection, SendsNothingWhileThereIsNoServer) {
  LoopbackServer server;
  const auto connection = server.connect();
  const std::string subject = connection->inbox() + "echo";
  ASSERT_TRUE(connection->send({.subject = subject}, "nowhere"));
  ASSERT_TRUE(connection->next(kPatience).value());
  server.kill_now();
  ASSERT_TRUE(comes_to_hold([&] { return connection->losses() > 0; }));
  for (int i = 0; i < 3; ++i) {
    const auto sent = connection->send({.subject = subject}, "nowhere");
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, base::ErrorCode::kIo);
  }
  server.start();
  ASSERT_TRUE(comes_to_hold([&] { return connection->send({.subject = subject}, "nowhere").has_value(); }));
  EXPECT_TRUE(connection->next(kPatience).value());
  EXPECT_FALSE(connection->next(kShort).value()) << "something had lain in wait";
}

}  // namespace
}  // namespace obscura::deploy::net::testing
