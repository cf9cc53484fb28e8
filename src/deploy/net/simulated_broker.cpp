#include "deploy/net/simulated_broker.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "deploy/net/detail/simulated_state.hpp"

namespace obscura::deploy::net {

using base::ErrorCode;
using base::Result;

class SimulatedBroker::State : public detail::SimulatedState {
  using detail::SimulatedState::SimulatedState;
};

// Queue, store and clock of one process: every call passes the same gate, where it may be delayed, lost or the last.
class SimulatedBroker::Connection final : public SimulatedBroker::Session,
                                          private JobQueue,
                                          private BlobStore,
                                          private Clock {
 public:
  Connection(State& state, Clock& clock, bool reliable) : state_(state), clock_(clock), reliable_(reliable) {}

  JobQueue& queue() override { return *this; }
  BlobStore& blobs() override { return *this; }
  Clock& clock() override { return *this; }
  bool crashed() const override { return crashed_; }
  void crash() override {
    if (!std::exchange(crashed_, true)) ++state_.counts.crashes;
  }

 private:
  Instant now() const override { return clock_.now(); }
  void sleep(Milliseconds duration) override {
    if (!crashed_) clock_.sleep(duration);
  }

  Result<Stored> publish(const Task& task) override {
    return call<Stored>([&] { return state_.publish(task, clock_.now(), reliable_); });
  }
  Result<std::optional<Lease>> fetch(std::span<const Lane> lanes, Milliseconds timeout) override {
    return wait<Lease>(timeout, [&] { return state_.fetch(lanes, clock_.now(), reliable_); });
  }
  Result<LeaseState> heartbeat(const Lease& lease) override {
    return call<LeaseState>([&] { return state_.renew(lease, clock_.now() + state_.limits.lease); });
  }
  Result<LeaseState> acknowledge(const Lease& lease) override {
    return call<LeaseState>([&] { return state_.acknowledge(lease); });
  }
  Result<LeaseState> retry_later(const Lease& lease, Milliseconds delay) override {
    return call<LeaseState>([&] { return state_.give_back(lease, clock_.now() + delay); });
  }
  Result<LeaseState> reject(const Lease& lease) override { return acknowledge(lease); }
  Result<Stored> publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) override {
    return call<Stored>([&] { return state_.publish_part(key, step, message); });
  }
  Result<std::vector<Part>> parts(const JobKey& key, std::uint32_t stage) override {
    return call<std::vector<Part>>([&] { return state_.parts(key, stage); });
  }
  Result<Stored> publish_result(const JobKey& key, std::span<const std::uint8_t> message) override {
    return call<Stored>([&] { return state_.publish_result(key, message); });
  }
  Result<std::optional<std::vector<std::uint8_t>>> result(const JobKey& key, Milliseconds timeout) override {
    return wait<std::vector<std::uint8_t>>(timeout, [&] { return state_.result(key); });
  }
  Result<bool> has_result(const JobKey& key) override {
    return call<bool>([&] { return state_.result(key).has_value(); });
  }
  Result<std::uint64_t> withdraw(const JobKey& key) override {
    return call<std::uint64_t>([&] { return state_.withdraw(key, clock_.now()); });
  }
  Result<std::vector<Orphan>> orphans(std::size_t limit) override {
    return call<std::vector<Orphan>>([&] { return state_.orphans(limit, clock_.now()); });
  }
  Result<void> remove_orphan(const Orphan& orphan) override {
    OBSCURA_TRY([[maybe_unused]] const bool done, call<bool>([&] { return state_.remove_orphan(orphan); }));
    return {};
  }
  Result<QueueStatus> status() override {
    return call<QueueStatus>([&] { return state_.status(clock_.now()); });
  }

  Result<void> put(const BlobRef& ref, std::span<const std::uint8_t> bytes, const BlobProgress& progress) override;
  Result<std::vector<std::uint8_t>> get(const BlobRef& ref, std::uint64_t max_bytes) override;
  Result<void> download(const BlobRef& ref, const std::string& path, const BlobProgress& progress) override;
  Result<bool> has(const BlobRef& ref) override {
    return call<bool>([&] { return state_.find_blob(ref) != nullptr; });
  }
  Result<void> remove(const BlobRef& ref) override {
    OBSCURA_TRY([[maybe_unused]] const bool done, call<bool>([&] { return state_.remove_blob(ref); }));
    return {};
  }

  tl::unexpected<base::Error> unreachable() {
    return base::fail(ErrorCode::kIo, crashed_ ? "this process is dead" : "the simulated broker did not answer",
                      "try again");
  }

  // One call: it takes time, and may be lost on the way there or back, or be the caller's last.
  template <class T, class Effect>
  Result<T> call(Effect effect) {
    if (crashed_) return unreachable();
    ++state_.counts.calls;
    clock_.sleep(state_.latency());
    if (reliable_) return T(effect());
    const bool dies = state_.happens(state_.faults.crash);
    const bool request_lost = dies ? state_.happens(0.5) : state_.happens(state_.faults.request_lost);
    if (dies) crash();
    if (request_lost) {
      state_.counts.lost += dies ? 0 : 1;
      return unreachable();
    }
    T outcome(effect());
    const bool reply_lost = !dies && state_.happens(state_.faults.reply_lost);
    state_.counts.lost += reply_lost ? 1 : 0;
    if (dies || reply_lost) return unreachable();
    return outcome;
  }

  // Looks at once and again when `timeout` is over.
  template <class T, class Look>
  Result<std::optional<T>> wait(Milliseconds timeout, Look look) {
    auto found = call<std::optional<T>>(look);
    if (!found || *found || timeout == Milliseconds(0)) return found;
    sleep(timeout);
    return call<std::optional<T>>(look);
  }

  State& state_;
  Clock& clock_;
  bool reliable_;
  bool crashed_ = false;
};

Result<void> SimulatedBroker::Connection::put(const BlobRef& ref, std::span<const std::uint8_t> bytes,
                                              const BlobProgress& progress) {
  if (BlobRef::of(bytes) != ref) {
    return base::fail(ErrorCode::kMismatch, "the bytes to store are not blob " + ref.sha256.hex(), "name them again");
  }
  OBSCURA_TRY(std::uint64_t done, call<std::uint64_t>([&] { return state_.stored_bytes(ref); }));
  bool first = true;
  while (first || done < bytes.size()) {
    first = false;
    const std::uint64_t end = std::min<std::uint64_t>(done + kMaxChunkBytes, bytes.size());
    OBSCURA_TRY(done, call<std::uint64_t>([&] { return state_.store_up_to(ref, bytes, end); }));
    if (progress) progress(done, bytes.size());
  }
  return {};
}

Result<std::vector<std::uint8_t>> SimulatedBroker::Connection::get(const BlobRef& ref, std::uint64_t max_bytes) {
  if (ref.size > max_bytes) {
    return base::fail(ErrorCode::kLimit, "blob " + ref.sha256.hex() + " is larger than the limit", "raise the limit");
  }
  OBSCURA_TRY(const std::vector<std::uint8_t>* const blob,
              call<const std::vector<std::uint8_t>*>([&] { return state_.find_blob(ref); }));
  if (blob == nullptr) {
    return base::fail(ErrorCode::kNotFound, "there is no blob " + ref.sha256.hex(), "store it first");
  }
  return *blob;
}

Result<void> SimulatedBroker::Connection::download(const BlobRef& ref, const std::string& path,
                                                   const BlobProgress& progress) {
  OBSCURA_TRY(const std::vector<std::uint8_t> bytes, get(ref, ref.size));
  OBSCURA_TRY_VOID(base::write_file_atomically(path, bytes));
  if (progress) progress(ref.size, ref.size);
  return {};
}

SimulatedBroker::SimulatedBroker(std::uint64_t seed, const SimulatedFaults& faults, const SimulatedLimits& limits)
    : state_(std::make_unique<State>(seed, faults, limits)) {}

SimulatedBroker::~SimulatedBroker() = default;

std::unique_ptr<SimulatedBroker::Session> SimulatedBroker::connect(Clock& clock, bool reliable) {
  return std::make_unique<Connection>(*state_, clock, reliable);
}

const SimulatedCounts& SimulatedBroker::counts() const {
  return state_->counts;
}

std::uint32_t SimulatedBroker::most_deliveries(const JobKey& key) const {
  return state_->most_deliveries(key);
}

}  // namespace obscura::deploy::net
