#include "runtime/session/streamed_keys.hpp"

#include <algorithm>
#include <utility>

#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::runtime::session {

namespace {

/// What of the memory of keys that made room waits for others of their size.
constexpr std::size_t kIdleBytes = std::size_t{256} << 20;

}  // namespace

StreamedKeys::StreamedKeys(wire::EvaluationKeysFile file, const fhe::ring::RingContext& ring,
                           const plan::program::Program& program, bool encrypted_weights, std::uint64_t most_bytes,
                           fhe::ckks::EvaluationKeys& keys)
    : file_(std::move(file)), ring_(&ring), most_bytes_(most_bytes), held_(&keys) {
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    auto& used = used_.emplace_back();
    for (const auto& need : plan::program::key_needs_of(program, i, encrypted_weights)) {
      const fhe::ckks::KeyId id = keys::key_id_of(need, program.params.log_n);
      used.push_back(id);
      Key& key = keys_.try_emplace(id, Key{need, 0, {}}).first->second;
      key.need.level = std::max(key.need.level, need.level);
      key.uses.push_back(i);
    }
  }
  for (auto& [id, key] : keys_) key.bytes = plan::program::key_bytes(ring.params(), key.need);
}

/// As if the program were run again behind its end.
std::size_t StreamedKeys::next_use(const Key& key, std::size_t instruction) const {
  const auto next = std::lower_bound(key.uses.begin(), key.uses.end(), instruction);
  return next != key.uses.end() ? *next : key.uses.front() + used_.size();
}

void StreamedKeys::make_room(std::uint64_t bytes, std::size_t instruction) {
  while (held_bytes_ > 0 && held_bytes_ + bytes > most_bytes_) {
    auto last = keys_.end();
    for (auto it = keys_.begin(); it != keys_.end(); ++it) {
      if (!it->second.held) continue;
      const bool later = last == keys_.end() || next_use(it->second, instruction) > next_use(last->second, instruction);
      if (later) last = it;
    }
    if (next_use(last->second, instruction) == instruction) return;
    held_->erase(last->first);
    last->second.held = false;
    held_bytes_ -= last->second.bytes;
  }
}

base::Result<void> StreamedKeys::bring(std::size_t instruction) {
  for (const fhe::ckks::KeyId& id : used_[instruction]) {
    Key& key = keys_.at(id);
    if (key.held) continue;
    make_room(key.bytes, instruction);
    OBSCURA_TRY(auto read, file_.key(*ring_, key.need));
    held_->insert(id, std::move(read));
    key.held = true;
    held_bytes_ += key.bytes;
    ring_->pool().trim_to(kIdleBytes);
  }
  return {};
}

}  // namespace obscura::runtime::session
