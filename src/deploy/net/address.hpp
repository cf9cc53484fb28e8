#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "artifact/digest.hpp"
#include "base/result.hpp"

namespace obscura::deploy::net {

/// Longest name of a tenant or a job.
inline constexpr std::size_t kMaxNameBytes = 64;

/// Names become parts of subjects, keys and file names: 1 to kMaxNameBytes of A-Z a-z 0-9 _ -.
[[nodiscard]] bool valid_name(std::string_view name);

/// One run of a job: the place of its one result. Replica r of a job is worked on by operator group r only; a job that
/// is not replicated is its replica 0.
struct JobKey {
  std::string tenant;
  std::string job;
  std::uint32_t replica = 0;

  /// "tenant/job" or "tenant/job.r2".
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const JobKey&, const JobKey&) = default;
};

/// The `shard` of the step that joins a stage's shards. No stage has that many.
inline constexpr std::uint32_t kMergeShard = 0xffff'ffff;

/// A piece of a job: one shard of one stage, or the merge of a stage's shards.
struct Step {
  std::uint32_t stage = 0;
  std::uint32_t shard = 0;

  [[nodiscard]] bool is_merge() const { return shard == kMergeShard; }
  /// "3/0" or "3/merge".
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const Step&, const Step&) = default;
};

/// What a worker must hold to do a step, and so what it asks the queue for: a stage of a sealed model (by the digest of
/// its manifest), or a shard or the merge of one, an evaluation key (by its digest), and the replica its operator group
/// takes.
struct Lane {
  artifact::Digest model;
  artifact::Digest eval_key;
  std::uint32_t stage = 0;
  std::uint32_t replica = 0;
  std::uint32_t shard = 0;  ///< as in Step

  friend auto operator<=>(const Lane&, const Lane&) = default;
};

}  // namespace obscura::deploy::net
