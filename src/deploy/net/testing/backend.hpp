#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "deploy/net/blob_store.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"

// What the contract suites need of a backend. One more backend is one more BackendFactory, instantiated in its own test
// file:
//   INSTANTIATE_TEST_SUITE_P(Embedded, QueueContract, ::testing::Values(embedded_factory()), backend_name);
namespace obscura::deploy::net::testing {

struct BackendOptions {
  std::uint64_t max_tasks = 1000;  ///< of stage 0
  Milliseconds lease{2'000};
};

/// One place that queues and stores stand on. It and what it connected are gone at its end.
class Backend {
 public:
  virtual ~Backend() = default;
  /// A connection of its own, as another process would have.
  [[nodiscard]] virtual std::shared_ptr<JobQueue> connect() = 0;
  [[nodiscard]] virtual std::shared_ptr<BlobStore> open_blobs() = 0;
  /// The clock by which leases run, and on which sleep() makes time pass.
  [[nodiscard]] virtual Clock& clock() = 0;
};

struct BackendFactory {
  std::string name;
  std::function<std::unique_ptr<Backend>(const BackendOptions&)> make;
};

inline std::string backend_name(const ::testing::TestParamInfo<BackendFactory>& info) {
  return info.param.name;
}

/// Promises of each call of a queue and a store (queue_contract_test.cpp).
class QueueContract : public ::testing::TestWithParam<BackendFactory> {};
/// Promises of the whole protocol over them (protocol_contract_test.cpp).
class ProtocolContract : public ::testing::TestWithParam<BackendFactory> {};

}  // namespace obscura::deploy::net::testing
