#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "deploy/net/blob_ref.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/simulated_broker.hpp"

namespace obscura::deploy::net::detail {

/// What a simulated broker remembers, and its dice. Every call is one indivisible effect.
class SimulatedState {
 public:
  SimulatedState(std::uint64_t seed, const SimulatedFaults& faults_, const SimulatedLimits& limits_)
      : faults(faults_), limits(limits_), random_(seed) {}

  /// True with this probability.
  [[nodiscard]] bool happens(double probability);
  [[nodiscard]] Milliseconds latency() { return up_to(faults.max_latency); }

  [[nodiscard]] Stored publish(const Task& task, Instant now, bool reliable);
  [[nodiscard]] std::optional<Lease> fetch(std::span<const Lane> lanes, Instant now, bool reliable);
  [[nodiscard]] LeaseState renew(const Lease& lease, Instant until);
  [[nodiscard]] LeaseState acknowledge(const Lease& lease);
  [[nodiscard]] LeaseState give_back(const Lease& lease, Instant ready_at);
  [[nodiscard]] Stored publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message);
  [[nodiscard]] std::vector<Part> parts(const JobKey& key, std::uint32_t stage) const;
  [[nodiscard]] Stored publish_result(const JobKey& key, std::span<const std::uint8_t> message);
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> result(const JobKey& key) const;
  [[nodiscard]] std::uint64_t withdraw(const JobKey& key, Instant now);
  [[nodiscard]] std::vector<Orphan> orphans(std::size_t limit, Instant now) const;
  bool remove_orphan(const Orphan& orphan);
  [[nodiscard]] QueueStatus status(Instant now) const;

  /// Of a blob that may be stored in part only.
  [[nodiscard]] std::uint64_t stored_bytes(const BlobRef& ref) const;
  /// Stores the bytes before `end`, if those before the last chunk are there; how many are there now.
  std::uint64_t store_up_to(const BlobRef& ref, std::span<const std::uint8_t> bytes, std::uint64_t end);
  /// A whole blob, or nullptr.
  [[nodiscard]] const std::vector<std::uint8_t>* find_blob(const BlobRef& ref) const;
  bool remove_blob(const BlobRef& ref);

  [[nodiscard]] std::uint32_t most_deliveries(const JobKey& key) const;

  SimulatedFaults faults;
  SimulatedLimits limits;
  SimulatedCounts counts;

 private:
  struct Entry {
    Task task;
    Instant ready_at;  // while leased: the end of the lease
    std::uint32_t deliveries = 0;
    bool leased = false;
    bool done = false;
  };
  [[nodiscard]] Milliseconds up_to(Milliseconds most);
  [[nodiscard]] bool can_fetch(const Entry& entry, std::span<const Lane> lanes, Instant now, bool early) const;
  /// The entry, if the lease is good, or bad and believed all the same.
  [[nodiscard]] Entry* held(const Lease& lease);
  [[nodiscard]] Stored refuse() {
    ++counts.refused;
    return Stored::kAlreadyThere;
  }
  [[nodiscard]] Stored full() {
    ++counts.full;
    return Stored::kFull;
  }

  std::mt19937_64 random_;
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t> by_id_;
  std::uint64_t open_tasks_ = 0;
  std::map<std::tuple<JobKey, std::uint32_t, std::uint32_t>, std::vector<std::uint8_t>> parts_;
  std::map<JobKey, std::vector<std::uint8_t>> results_;
  std::map<BlobRef, std::vector<std::uint8_t>> blobs_;
};

}  // namespace obscura::deploy::net::detail
