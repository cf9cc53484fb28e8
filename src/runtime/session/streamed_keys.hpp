#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"

namespace obscura::runtime::session {

/// Keys that are read from their file for the instructions that use them, since all of them do not fit into memory.
/// What has to make room is what is used last of all: the order of instructions is known, and a request begins where
/// the one before ended (Belady, "A study of replacement algorithms", 1966).
class StreamedKeys {
 public:
  /// `program` and `keys`, where the keys that are held stand, outlive the object. `most_bytes` is at least what the
  /// keys of any one instruction take; `limit_bytes` is for them and all else in the ring's pool. `release_pages` as in
  /// SessionLimits.
  StreamedKeys(wire::EvaluationKeysFile file, const fhe::ring::RingContext& ring, const plan::program::Program& program,
               bool encrypted_weights, std::uint64_t most_bytes, std::uint64_t limit_bytes,
               std::function<void()> release_pages, fhe::ckks::EvaluationKeys& keys);

  /// Brings the keys that an instruction uses. Errors: those of EvaluationKeysFile::key. Cost: reading those that are
  /// not held, a key on each thread.
  [[nodiscard]] base::Result<void> bring(std::size_t instruction);

 private:
  /// One key: the highest level at which it is used, and by which instructions.
  struct Key {
    plan::program::KeyNeed need;
    std::uint64_t bytes = 0;
    std::vector<std::size_t> uses;
    bool held = false;
  };
  [[nodiscard]] std::size_t next_use(const Key& key, std::size_t instruction) const;
  void make_room(std::uint64_t bytes, std::size_t instruction);
  base::Result<void> read(std::span<const fhe::ckks::KeyId> missing, std::size_t instruction);

  wire::EvaluationKeysFile file_;
  const fhe::ring::RingContext* ring_;
  std::uint64_t most_bytes_;
  std::uint64_t limit_bytes_;
  std::function<void()> release_pages_;
  fhe::ckks::EvaluationKeys* held_;
  std::map<fhe::ckks::KeyId, Key> keys_;
  std::vector<std::vector<fhe::ckks::KeyId>> used_;  ///< [instructions]
  std::uint64_t held_bytes_ = 0;
};

}  // namespace obscura::runtime::session
