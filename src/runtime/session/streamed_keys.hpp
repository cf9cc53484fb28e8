#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/program.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"

namespace obscura::runtime::session {

/// Keys that are read from their file for the phases of instructions that use them, since all of them do not fit into
/// memory. The order of phases is known, and a request begins where the one before ended: so what has to make room is
/// what is used last of all (Belady, "A study of replacement algorithms", 1966). The half of a key that comes from its
/// seed makes room first: it is made again in a fraction of the time in which the other one is read.
class StreamedKeys {
 public:
  /// `program` and `keys`, where the keys of the phase stand, outlive the object. `most_bytes` is what keys may take
  /// during each instruction, at least what plan::program::MemoryEstimate counts for any of its phases.
  /// `release_pages` as in SessionLimits.
  StreamedKeys(wire::EvaluationKeysFile file, const fhe::ring::RingContext& ring, const plan::program::Program& program,
               bool encrypted_weights, std::span<const std::uint64_t> most_bytes, std::function<void()> release_pages,
               fhe::ckks::EvaluationKeys& keys);

  /// Brings the keys that a phase of an instruction uses. Errors: those of EvaluationKeysFile::key. Cost: reading what
  /// is not held and making the halves that come from seeds, a key on each thread.
  [[nodiscard]] base::Result<void> bring(std::size_t instruction, std::size_t phase);

 private:
  /// One use of a key: by the phase with this number, and up to which level.
  struct Use {
    std::size_t phase;
    fhe::params::Level level;
  };
  struct Key {
    fhe::ckks::KeyId id;
    plan::program::KeyNeed need;  ///< at the highest level of its uses
    std::uint64_t read_bytes = 0;
    std::vector<Use> uses;
    std::optional<fhe::ckks::SeededSwitchingKey> seeded;  ///< if it is held without the halves from its seed
    std::optional<fhe::params::Level> expanded;           ///< if it is held with them: up to which level
  };
  struct Wanted {
    Key* key;
    fhe::params::Level level;
  };
  struct Phase {
    std::uint64_t most_bytes;
    std::vector<Wanted> keys;
  };

  [[nodiscard]] std::uint64_t expanded_bytes(const Key& key, fhe::params::Level level) const;
  /// How long what a key holds is of no use, as seen from a phase.
  [[nodiscard]] std::size_t idle_time(const Key& key, std::size_t phase) const;
  void drop_half(Key& key);
  void make_room(std::uint64_t bytes, std::size_t phase);
  [[nodiscard]] base::Result<fhe::ckks::SwitchingKey> complete(const Wanted& wanted) const;
  base::Result<void> hold(std::span<const Wanted> missing, std::size_t phase);

  wire::EvaluationKeysFile file_;
  const fhe::ring::RingContext* ring_;
  std::function<void()> release_pages_;
  fhe::ckks::EvaluationKeys* complete_;  ///< the keys that are held with both halves
  std::map<fhe::ckks::KeyId, Key> keys_;
  std::vector<Phase> phases_;
  std::vector<std::size_t> first_phases_;  ///< [instructions]
  std::uint64_t held_bytes_ = 0;
};

}  // namespace obscura::runtime::session
