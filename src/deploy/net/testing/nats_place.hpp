#pragma once

#include <chrono>
#include <memory>
#include <sstream>
#include <string>

#include "base/check.hpp"
#include "base/file.hpp"
#include "deploy/net/nats_blobs.hpp"
#include "deploy/net/nats_connection.hpp"
#include "deploy/net/nats_queue.hpp"
#include "deploy/net/nats_server.hpp"
#include "deploy/net/nats_streams.hpp"
#include "deploy/net/testing/backend.hpp"
#include "deploy/net/testing/kill_run.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net::testing {

inline void insist(const base::Result<void>& result) {
  OBSCURA_CHECK(result.has_value(), result.error().message.c_str());
}

/// The value, or an end with what went wrong.
template <class T>
T insist(base::Result<T> result) {
  OBSCURA_CHECK(result.has_value(), result.error().message.c_str());
  return std::move(*result);
}

inline void write_text(const std::string& path, const std::string& text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  insist(base::write_file_atomically(path, {bytes, text.size()}));
}

/// A task of a job of one stage, due within the hour.
inline Task task_named(const std::string& job, const Step& step = {}) {
  const Lane lane = all_lanes(1).front();
  return {.key = {"tenant", job, 0},
          .step = step,
          .model = lane.model,
          .eval_key = lane.eval_key,
          .deadline = SystemClock().now() + std::chrono::hours(1),
          .message = {1, 2, 3}};
}

/// A server without roles on a port of its own, its store in a folder that is gone at the end. May be killed and
/// started again.
class LoopbackServer {
 public:
  LoopbackServer() : port_(free_loopback_port().value()) {
    write_text(config(), "listen: 127.0.0.1:" + std::to_string(port_) + "\njetstream { store_dir: \"" + folder_.path() +
                             "/store\", max_file_store: 64GB }\n");
    start();
  }
  void start() { server_ = NatsServer::start(config(), port_, folder_.path() + "/log").value(); }
  void kill_now() { server_->kill_now(); }
  [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::shared_ptr<NatsConnection> connect() const {
    return NatsConnection::open({.servers = {url()}}).value();
  }

 private:
  [[nodiscard]] std::string config() const { return folder_.path() + "/server.conf"; }
  TemporaryFolder folder_;
  std::uint16_t port_;
  std::unique_ptr<NatsServer> server_;
};

/// Limits that a test's machine can hold.
inline NatsStreamOptions small_streams(std::int64_t max_jobs) {
  return {.groups = 2,
          .max_jobs = max_jobs,
          .max_job_bytes = 256 << 20,
          .max_step_bytes = 1 << 30,
          .max_result_bytes = 256 << 20,
          .max_part_bytes = 256 << 20,
          .max_blob_bytes = 1 << 30,
          .max_model_bytes = 1 << 30};
}

class NatsPlace final : public Backend {
 public:
  explicit NatsPlace(const BackendOptions& options) : options_(options) {
    insist(create_streams(*server_.connect(), small_streams(static_cast<std::int64_t>(options.max_tasks))));
  }
  std::shared_ptr<JobQueue> connect() override {
    return NatsQueue::open(server_.connect(), {.lease = options_.lease, .makes_lanes = true});
  }
  std::shared_ptr<BlobStore> open_blobs() override { return NatsBlobs::open(server_.connect()); }
  Clock& clock() override { return clock_; }
  [[nodiscard]] LoopbackServer& server() { return server_; }

 private:
  BackendOptions options_;
  LoopbackServer server_;
  SystemClock clock_;
};

/// What a process of a kill run connects to (kill_run.hpp).
inline Connection connect_to_nats(const std::string& servers) {
  NatsOptions options{.servers = {}, .call_timeout = Milliseconds(30'000)};
  std::istringstream words(servers);
  for (std::string server; std::getline(words, server, ',');) options.servers.push_back(server);
  const auto connection = NatsConnection::open(options).value();
  const std::uint32_t copies = options.servers.size() > 1 ? 3 : 1;
  return {.queue = NatsQueue::open(connection, {.lease = kKillRunLease, .makes_lanes = true, .copies = copies}),
          .blobs = NatsBlobs::open(connection)};
}

}  // namespace obscura::deploy::net::testing
