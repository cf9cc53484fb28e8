#include "deploy/net/detail/simulated_state.hpp"

#include <algorithm>

namespace obscura::deploy::net::detail {

bool SimulatedState::happens(double probability) {
  return probability > 0 && static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

Milliseconds SimulatedState::up_to(Milliseconds most) {
  return most <= Milliseconds(0) ? Milliseconds(0)
                                 : Milliseconds(random_() % (static_cast<std::uint64_t>(most.count()) + 1));
}

Stored SimulatedState::publish(const Task& task, Instant now, bool reliable) {
  if (task.message.size() > kMaxMessageBytes) return Stored::kOversized;
  if (by_id_.contains(task.id())) return refuse();
  const std::uint64_t depth = 2 * std::uint64_t{task.step.stage} + (task.step.is_merge() ? 1 : 0);
  if (open_tasks_ >= limits.max_tasks + depth * (limits.max_tasks / 8 + 1)) return full();
  by_id_[task.id()] = entries_.size();
  entries_.push_back({.task = task, .ready_at = now + (reliable ? Milliseconds(0) : up_to(faults.max_delay))});
  ++open_tasks_;
  return Stored::kStored;
}

bool SimulatedState::can_fetch(const Entry& entry, std::span<const Lane> lanes, Instant now, bool early) const {
  return !entry.done && entry.deliveries < kMaxDeliveries && (entry.ready_at <= now || (early && entry.leased)) &&
         std::find(lanes.begin(), lanes.end(), entry.task.lane()) != lanes.end();
}

std::optional<Lease> SimulatedState::fetch(std::span<const Lane> lanes, Instant now, bool reliable) {
  const bool early = !reliable && happens(faults.early_redelivery);
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (can_fetch(entries_[i], lanes, now, early)) candidates.push_back(i);
  }
  if (candidates.empty()) return std::nullopt;
  const std::size_t id = candidates[faults.reorder ? random_() % candidates.size() : 0];
  Entry& entry = entries_[id];
  entry.leased = true;
  entry.ready_at = now + limits.lease;
  ++entry.deliveries;
  counts.redelivered += entry.deliveries > 1 ? 1 : 0;
  return Lease{.id = id, .deliveries = entry.deliveries, .task = entry.task};
}

SimulatedState::Entry* SimulatedState::held(const Lease& lease) {
  Entry& entry = entries_[lease.id];
  if (entry.done) return nullptr;
  const bool good = entry.leased && entry.deliveries == lease.deliveries;
  return good || happens(faults.late_believed) ? &entry : nullptr;
}

LeaseState SimulatedState::renew(const Lease& lease, Instant until) {
  Entry* const entry = held(lease);
  if (entry == nullptr) return LeaseState::kLost;
  entry->ready_at = until;
  entry->leased = true;
  return LeaseState::kHeld;
}

LeaseState SimulatedState::acknowledge(const Lease& lease) {
  Entry* const entry = held(lease);
  if (entry == nullptr) return LeaseState::kLost;
  entry->done = true;
  --open_tasks_;
  return LeaseState::kHeld;
}

LeaseState SimulatedState::give_back(const Lease& lease, Instant ready_at) {
  Entry* const entry = held(lease);
  if (entry == nullptr) return LeaseState::kLost;
  entry->leased = false;
  entry->ready_at = ready_at;
  return LeaseState::kHeld;
}

Stored SimulatedState::publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  const auto place = std::make_tuple(key, step.stage, step.shard);
  if (parts_.contains(place)) return refuse();
  parts_[place].assign(message.begin(), message.end());
  return Stored::kStored;
}

std::vector<Part> SimulatedState::parts(const JobKey& key, std::uint32_t stage) const {
  std::vector<Part> found;
  for (auto part = parts_.lower_bound({key, stage, 0}); part != parts_.end(); ++part) {
    const auto& [job, of_stage, shard] = part->first;
    if (job != key || of_stage != stage) break;
    found.push_back({.shard = shard, .message = part->second});
  }
  return found;
}

Stored SimulatedState::publish_result(const JobKey& key, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  if (results_.contains(key)) return refuse();
  if (results_.size() >= limits.max_results) return full();
  results_[key].assign(message.begin(), message.end());
  return Stored::kStored;
}

std::optional<std::vector<std::uint8_t>> SimulatedState::result(const JobKey& key) const {
  const auto found = results_.find(key);
  if (found == results_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t SimulatedState::withdraw(const JobKey& key, Instant now) {
  std::uint64_t removed = 0;
  for (Entry& entry : entries_) {
    if (entry.task.key != key || entry.done || (entry.leased && entry.ready_at > now)) continue;
    entry.done = true;
    --open_tasks_;
    ++removed;
  }
  return removed;
}

std::vector<Orphan> SimulatedState::orphans(std::size_t limit, Instant now) const {
  std::vector<Orphan> found;
  for (std::size_t id = 0; id < entries_.size() && found.size() < limit; ++id) {
    const Entry& entry = entries_[id];
    if (entry.done || entry.ready_at > now) continue;
    const bool worn_out = entry.deliveries >= kMaxDeliveries;
    if (!worn_out && entry.task.deadline >= now) continue;
    found.push_back({.id = id,
                     .cause = worn_out ? OrphanCause::kTooManyDeliveries : OrphanCause::kDeadline,
                     .deliveries = entry.deliveries,
                     .task = entry.task});
  }
  return found;
}

bool SimulatedState::remove_orphan(const Orphan& orphan) {
  Entry& entry = entries_[orphan.id];
  if (entry.done) return false;
  entry.done = true;
  --open_tasks_;
  return true;
}

QueueStatus SimulatedState::status(Instant now) const {
  QueueStatus status;
  std::map<Lane, LaneStatus> lanes;
  for (const Entry& entry : entries_) {
    if (entry.done) continue;
    LaneStatus& lane = lanes[entry.task.lane()];
    lane.lane = entry.task.lane();
    ++(entry.leased && entry.ready_at > now ? lane.leased : lane.waiting);
    status.bytes += entry.task.message.size();
  }
  for (const auto& [lane, figures] : lanes) status.lanes.push_back(figures);
  for (const auto& [place, message] : parts_) status.bytes += message.size();
  for (const auto& [key, message] : results_) status.bytes += message.size();
  status.tasks = open_tasks_;
  status.results = results_.size();
  return status;
}

std::uint64_t SimulatedState::stored_bytes(const BlobRef& ref) const {
  const auto found = blobs_.find(ref);
  return found == blobs_.end() ? 0 : found->second.size();
}

std::uint64_t SimulatedState::store_up_to(const BlobRef& ref, std::span<const std::uint8_t> bytes, std::uint64_t end) {
  std::vector<std::uint8_t>& blob = blobs_[ref];
  for (std::uint64_t k = blob.size(); k < end; ++k) blob.push_back(bytes[k]);
  return blob.size();
}

const std::vector<std::uint8_t>* SimulatedState::find_blob(const BlobRef& ref) const {
  const auto found = blobs_.find(ref);
  return found != blobs_.end() && found->second.size() == ref.size ? &found->second : nullptr;
}

bool SimulatedState::remove_blob(const BlobRef& ref) {
  return blobs_.erase(ref) > 0;
}

std::uint32_t SimulatedState::most_deliveries(const JobKey& key) const {
  std::uint32_t most = 0;
  for (const Entry& entry : entries_) {
    if (entry.task.key == key) most = std::max(most, entry.deliveries);
  }
  return most;
}

}  // namespace obscura::deploy::net::detail
