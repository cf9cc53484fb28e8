#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"

namespace obscura::base {

/// A lock on a file that other processes, and other FileLocks of this one, respect. It dies with its process.
class FileLock {
 public:
  enum class Kind { kShared, kExclusive };

  /// Waits for the lock; makes the file if it is not there. Error: kIo.
  [[nodiscard]] static Result<FileLock> take(const std::string& path, Kind kind);
  /// The exclusive lock, or one that is not held() when somebody else has any lock. Error: kIo.
  [[nodiscard]] static Result<FileLock> try_exclusive(const std::string& path);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();

  [[nodiscard]] bool held() const { return descriptor_ >= 0; }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace obscura::base
