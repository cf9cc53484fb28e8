#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "artifact/digest.hpp"
#include "base/file_lock.hpp"
#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"

namespace obscura::deploy::worker {

/// A blob as a file that stays there as long as this object lives: to be mapped.
class CachedBlob {
 public:
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class BlobCache;
  CachedBlob(std::string path, base::FileLock pin) : path_(std::move(path)), pin_(std::move(pin)) {}
  std::string path_;
  base::FileLock pin_;
};

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t fetched_bytes = 0;
};

/// Sealed models and keys on this machine's disk, as files FOLDER/ab/abcdef... named by their digest. Several processes
/// may share a folder: each blob is fetched by one of them. What was used least recently makes room for what is new.
/// Other files in the folder are neither counted nor removed.
class BlobCache {
 public:
  /// `max_bytes` of all blobs together; what several processes fetch at the same moment may go beyond it.
  /// Errors: kIo, kUsage (a folder that holds something and was never a cache).
  [[nodiscard]] static base::Result<BlobCache> open(const std::string& folder, std::uint64_t max_bytes);

  /// The blob, from the folder if it is there and whole, else from the store. Each file is held against its digest once
  /// per BlobCache. Errors: kLimit (it does not fit beside blobs that are in use), kIo, those of BlobStore::download.
  [[nodiscard]] base::Result<CachedBlob> fetch(const net::BlobRef& ref, net::BlobStore& store,
                                               const net::BlobProgress& progress = {});

  [[nodiscard]] const CacheCounts& counts() const { return counts_; }

 private:
  BlobCache(std::string folder, std::uint64_t max_bytes) : folder_(std::move(folder)), max_bytes_(max_bytes) {}
  [[nodiscard]] std::string path_of(const artifact::Digest& digest) const;
  [[nodiscard]] std::string pin_of(const std::string& name) const;
  [[nodiscard]] base::Result<bool> is_whole(const net::BlobRef& ref);
  [[nodiscard]] base::Result<void> download(const net::BlobRef& ref, net::BlobStore& store,
                                            const net::BlobProgress& progress);
  [[nodiscard]] base::Result<void> make_room(const net::BlobRef& ref);

  std::string folder_;
  std::uint64_t max_bytes_;
  std::set<net::BlobRef> verified_;
  CacheCounts counts_;
};

}  // namespace obscura::deploy::worker
