#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "deploy/net/testing/nats_place.hpp"

namespace obscura::deploy::net::testing {

/// Three servers that hold every stream three times. OBSCURA_KILL_LOGS names a folder that keeps what they say.
class LoopbackCluster {
 public:
  LoopbackCluster() {
    std::string routes;
    for (Node& node : nodes_) {
      node.port = free_loopback_port().value();
      node.route_port = free_loopback_port().value();
      routes += "nats-route://127.0.0.1:" + std::to_string(node.route_port) + ", ";
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::string name = "node" + std::to_string(i);
      write_text(config(i), "server_name: " + name + "\nlisten: 127.0.0.1:" + std::to_string(nodes_[i].port) +
                                "\njetstream { store_dir: \"" + folder_.path() + "/" + name +
                                "\", max_file_store: 64GB }\ncluster { name: test, listen: 127.0.0.1:" +
                                std::to_string(nodes_[i].route_port) + ", routes: [" + routes + "] }\n");
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
  }
  void start(std::size_t node) {
    nodes_[node].server =
        NatsServer::start(config(node), nodes_[node].port, logs_ + "/log" + std::to_string(node)).value();
  }
  void kill_now(std::size_t node) { nodes_[node].server->kill_now(); }
  [[nodiscard]] std::string urls() const { return url(nodes_[0]) + "," + url(nodes_[1]) + "," + url(nodes_[2]); }
  [[nodiscard]] std::shared_ptr<NatsConnection> connect() const {
    return NatsConnection::open(
               {.servers = {url(nodes_[0]), url(nodes_[1]), url(nodes_[2])}, .call_timeout = Milliseconds(30'000)})
        .value();
  }

 private:
  struct Node {
    std::uint16_t port = 0;
    std::uint16_t route_port = 0;
    std::unique_ptr<NatsServer> server;
  };
  [[nodiscard]] static std::string url(const Node& node) { return "nats://127.0.0.1:" + std::to_string(node.port); }
  [[nodiscard]] std::string config(std::size_t node) const {
    return folder_.path() + "/node" + std::to_string(node) + ".conf";
  }
  TemporaryFolder folder_;
  std::string logs_ = [this] {
    const char* const kept = std::getenv("OBSCURA_KILL_LOGS");
    return kept == nullptr ? folder_.path() : std::string(kept);
  }();
  std::array<Node, 3> nodes_;
};

}  // namespace obscura::deploy::net::testing
