#pragma once

#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net::testing {

/// Passes every call on: for tests that change one of them.
class ForwardingQueue : public JobQueue {
 public:
  explicit ForwardingQueue(JobQueue& next) : next_(next) {}

  base::Result<Stored> publish(const Task& task) override { return next_.publish(task); }
  base::Result<std::optional<Lease>> fetch(std::span<const Lane> lanes, Milliseconds timeout) override {
    return next_.fetch(lanes, timeout);
  }
  base::Result<LeaseState> heartbeat(const Lease& lease) override { return next_.heartbeat(lease); }
  base::Result<LeaseState> acknowledge(const Lease& lease) override { return next_.acknowledge(lease); }
  base::Result<LeaseState> retry_later(const Lease& lease, Milliseconds delay) override {
    return next_.retry_later(lease, delay);
  }
  base::Result<LeaseState> reject(const Lease& lease) override { return next_.reject(lease); }
  base::Result<Stored> publish_part(const JobKey& key, const Step& step,
                                    std::span<const std::uint8_t> message) override {
    return next_.publish_part(key, step, message);
  }
  base::Result<std::vector<Part>> parts(const JobKey& key, std::uint32_t stage) override {
    return next_.parts(key, stage);
  }
  base::Result<Stored> publish_result(const JobKey& key, std::span<const std::uint8_t> message) override {
    return next_.publish_result(key, message);
  }
  base::Result<std::optional<std::vector<std::uint8_t>>> result(const JobKey& key, Milliseconds timeout) override {
    return next_.result(key, timeout);
  }
  base::Result<bool> has_result(const JobKey& key) override { return next_.has_result(key); }
  base::Result<std::uint64_t> withdraw(const JobKey& key) override { return next_.withdraw(key); }
  base::Result<std::vector<Orphan>> orphans(std::size_t limit) override { return next_.orphans(limit); }
  base::Result<void> remove_orphan(const Orphan& orphan) override { return next_.remove_orphan(orphan); }
  base::Result<QueueStatus> status() override { return next_.status(); }

 protected:
  JobQueue& next_;
};

}  // namespace obscura::deploy::net::testing
