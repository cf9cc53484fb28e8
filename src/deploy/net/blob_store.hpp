#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/blob_ref.hpp"

namespace obscura::deploy::net {

/// Bytes move in pieces of at most this many.
inline constexpr std::uint64_t kMaxChunkBytes = 1'000'000;

/// Called after each chunk with bytes done and bytes in all; may be empty. Called in the thread that moves the bytes.
using BlobProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Bytes by their digest: sealed models, evaluation keys, ciphertexts. What has a name never changes. Every read is
/// verified against the name before a byte of it is handed out, since whoever keeps the store is not trusted.
/// Several threads need a store each; several stores may stand on the same place.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Returns once the blob is stored durably and whole. Does nothing when it is there already; chunks that an
  /// interrupted put left behind are not moved again. `bytes` may be a mapped file (base::MappedFile).
  /// Errors: kMismatch (the bytes are not those that `ref` names), kLimit (the store is full), kIo.
  [[nodiscard]] virtual base::Result<void> put(const BlobRef& ref, std::span<const std::uint8_t> bytes,
                                               const BlobProgress& progress) = 0;

  /// The blob in memory. Errors: kNotFound, kLimit (`ref` is larger than `max_bytes`), kCorrupt, kIo.
  [[nodiscard]] virtual base::Result<std::vector<std::uint8_t>> get(const BlobRef& ref, std::uint64_t max_bytes) = 0;

  /// The blob as a file at `path`, which appears whole, verified and durable or not at all, and can then be mapped.
  /// Replaces what is there. Errors: kNotFound, kCorrupt, kIo.
  [[nodiscard]] virtual base::Result<void> download(const BlobRef& ref, const std::string& path,
                                                    const BlobProgress& progress) = 0;

  /// Whether the whole blob is there. Does not read it. Error: kIo.
  [[nodiscard]] virtual base::Result<bool> has(const BlobRef& ref) = 0;

  /// Forgets the blob, if it is there. Error: kIo.
  [[nodiscard]] virtual base::Result<void> remove(const BlobRef& ref) = 0;

  /// The same store's place for what a job's submitter and the workers of its replica pass on: where a store keeps
  /// parties apart, nobody else sees what is there. What all may read (models, keys) stays in the store itself. Good
  /// until the next call, and as long as the store. The key's names are valid (address.hpp).
  [[nodiscard]] virtual BlobStore& of_job([[maybe_unused]] const JobKey& key) { return *this; }
};

}  // namespace obscura::deploy::net
