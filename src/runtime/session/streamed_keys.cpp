#include "runtime/session/streamed_keys.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/expand.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::runtime::session {
namespace {

using fhe::params::Level;

/// How many times as long a byte takes that is read as one that is made from a seed: 0.6 and 0.2 ms a megabyte on one
/// thread of an AMD EPYC (Zen 4), the file in the system's cache.
constexpr std::size_t kReadingFactor = 3;

}  // namespace

StreamedKeys::StreamedKeys(wire::EvaluationKeysFile file, const fhe::ring::RingContext& ring,
                           const plan::program::Program& program, bool encrypted_weights,
                           std::span<const std::uint64_t> most_bytes, std::function<void()> release_pages,
                           fhe::ckks::EvaluationKeys& keys)
    : file_(std::move(file)), ring_(&ring), release_pages_(std::move(release_pages)), complete_(&keys) {
  OBSCURA_CHECK(most_bytes.size() == program.instructions.size(), "each instruction has a limit");
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    first_phases_.push_back(phases_.size());
    for (const auto& needs : plan::program::key_phases_of(program, i, encrypted_weights)) {
      Phase& phase = phases_.emplace_back(Phase{most_bytes[i], {}});
      for (const plan::program::KeyNeed& need : needs) {
        const fhe::ckks::KeyId id = keys::key_id_of(need, program.params.log_n);
        Key& key = keys_.try_emplace(id, Key{id, need, 0, {}, {}, {}}).first->second;
        key.need.level = std::max(key.need.level, need.level);
        key.uses.push_back({phases_.size() - 1, need.level});
        phase.keys.push_back({&key, need.level});
      }
    }
  }
  for (auto& [id, key] : keys_) key.read_bytes = plan::program::key_half_bytes(ring.params(), key.need);
}

std::uint64_t StreamedKeys::expanded_bytes(const Key& key, Level level) const {
  plan::program::KeyNeed need = key.need;
  need.level = level;
  return plan::program::key_half_bytes(ring_->params(), need);
}

/// As if the program were run again behind its end. A half from a seed that does not reach the level of the next use
/// serves none.
std::size_t StreamedKeys::idle_time(const Key& key, std::size_t phase) const {
  auto next = std::ranges::lower_bound(key.uses, phase, {}, &Use::phase);
  const std::size_t again = next == key.uses.end() ? phases_.size() : 0;
  if (next == key.uses.end()) next = key.uses.begin();
  if (!key.expanded) return next->phase + again - phase;
  return kReadingFactor * (next->level <= *key.expanded ? next->phase + again - phase : phases_.size());
}

/// Of a key that is held with both halves the one from the seed, otherwise the other.
void StreamedKeys::drop_half(Key& key) {
  if (key.expanded) {
    held_bytes_ -= expanded_bytes(key, *key.expanded);
    fhe::ckks::SwitchingKey whole = complete_->take(key.id);
    const fhe::random::Seed256 seed = whole.seed();
    key.seeded = {std::move(whole).release_b(), seed};
    key.expanded.reset();
  } else {
    held_bytes_ -= key.read_bytes;
    key.seeded.reset();
  }
}

/// What the phase uses stays.
void StreamedKeys::make_room(std::uint64_t bytes, std::size_t phase) {
  while (held_bytes_ + bytes > phases_[phase].most_bytes) {
    Key* last = nullptr;
    for (auto& [id, key] : keys_) {
      if (!key.seeded && !key.expanded) continue;
      if (last == nullptr || idle_time(key, phase) > idle_time(*last, phase)) last = &key;
    }
    if (last == nullptr || idle_time(*last, phase) == 0) return;
    drop_half(*last);
  }
}

base::Result<void> StreamedKeys::bring(std::size_t instruction, std::size_t phase) {
  const std::size_t now = first_phases_[instruction] + phase;
  std::vector<Wanted> missing;
  for (const Wanted& wanted : phases_[now].keys) {
    Key& key = *wanted.key;
    if (key.expanded && *key.expanded >= wanted.level) continue;
    if (key.expanded) drop_half(key);
    missing.push_back(wanted);
  }
  make_room(0, now);
  const auto together = static_cast<std::size_t>(ring_->parallel().threads());
  for (std::size_t first = 0; first < missing.size(); first += together) {
    OBSCURA_TRY_VOID(hold(std::span(missing).subspan(first, std::min(together, missing.size() - first)), now));
  }
  return {};
}

base::Result<fhe::ckks::SwitchingKey> StreamedKeys::complete(const Wanted& wanted) const {
  Key& key = *wanted.key;
  if (key.seeded) return fhe::ckks::expand(*ring_, key.id.kind, *std::exchange(key.seeded, {}), wanted.level);
  OBSCURA_TRY(auto seeded, file_.key(*ring_, key.need));
  return fhe::ckks::expand(*ring_, key.id.kind, std::move(seeded), wanted.level);
}

base::Result<void> StreamedKeys::hold(std::span<const Wanted> missing, std::size_t phase) {
  std::vector<std::uint64_t> bytes;
  bool reads = false;
  for (const Wanted& wanted : missing) {
    reads = reads || !wanted.key->seeded;
    bytes.push_back((wanted.key->seeded ? 0 : wanted.key->read_bytes) + expanded_bytes(*wanted.key, wanted.level));
  }
  make_room(std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}), phase);
  std::vector<std::optional<base::Result<fhe::ckks::SwitchingKey>>> found(missing.size());
  ring_->parallel().for_each(missing.size(), [&](std::size_t i) { found[i] = complete(missing[i]); });
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!*found[i]) continue;
    complete_->insert(missing[i].key->id, std::move(**found[i]));
    missing[i].key->expanded = missing[i].level;
    held_bytes_ += bytes[i];
  }
  if (reads && release_pages_) release_pages_();
  for (auto& each : found) {
    if (!*each) return base::forward_error(*each);
  }
  return {};
}

}  // namespace obscura::runtime::session
