#include "runtime/session/streamed_keys.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::runtime::session {

StreamedKeys::StreamedKeys(wire::EvaluationKeysFile file, const fhe::ring::RingContext& ring,
                           const plan::program::Program& program, bool encrypted_weights, std::uint64_t most_bytes,
                           std::uint64_t limit_bytes, std::function<void()> release_pages,
                           fhe::ckks::EvaluationKeys& keys)
    : file_(std::move(file)),
      ring_(&ring),
      most_bytes_(most_bytes),
      limit_bytes_(limit_bytes),
      release_pages_(std::move(release_pages)),
      held_(&keys) {
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
  std::vector<fhe::ckks::KeyId> missing;
  for (const fhe::ckks::KeyId& id : used_[instruction]) {
    if (!keys_.at(id).held) missing.push_back(id);
  }
  const auto together = static_cast<std::size_t>(ring_->parallel().threads());
  for (std::size_t first = 0; first < missing.size(); first += together) {
    OBSCURA_TRY_VOID(read(std::span(missing).subspan(first, std::min(together, missing.size() - first)), instruction));
  }
  return {};
}

base::Result<void> StreamedKeys::read(std::span<const fhe::ckks::KeyId> missing, std::size_t instruction) {
  std::uint64_t bytes = 0;
  for (const fhe::ckks::KeyId& id : missing) bytes += keys_.at(id).bytes;
  make_room(bytes, instruction);
  std::vector<std::optional<base::Result<fhe::ckks::SwitchingKey>>> found(missing.size());
  ring_->parallel().for_each(missing.size(),
                             [&](std::size_t i) { found[i] = file_.key(*ring_, keys_.at(missing[i]).need); });
  for (std::size_t i = 0; i < missing.size(); ++i) {
    OBSCURA_TRY(auto key, std::move(*found[i]));
    held_->insert(missing[i], std::move(key));
    keys_.at(missing[i]).held = true;
    held_bytes_ += keys_.at(missing[i]).bytes;
  }
  // The rest of the limit waits for what the instructions need: new pages would have to be cleared first.
  ring_->pool().trim_to(limit_bytes_ - std::min<std::uint64_t>(limit_bytes_, ring_->pool().bytes_in_use()));
  if (release_pages_) release_pages_();
  return {};
}

}  // namespace obscura::runtime::session
