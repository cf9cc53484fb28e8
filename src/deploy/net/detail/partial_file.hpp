#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace obscura::deploy::net::detail {

/// A file that grows under a name of its own until it is whole, and of which one process at a time holds the lock. When
/// that process dies, the next one finds the bytes and goes on.
class PartialFile {
 public:
  /// Opens or creates `path` and waits for its lock. Error: kIo.
  [[nodiscard]] static base::Result<PartialFile> lock(const std::string& path);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  /// Makes the file hold `bytes` at `offset`; writes nothing if it does already.
  [[nodiscard]] base::Result<void> place(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  /// Cuts the file to `size`, syncs it if `durable`, and gives it its final name in the same folder.
  [[nodiscard]] base::Result<void> finish(std::uint64_t size, const std::string& final_path, bool durable);
  /// Removes the file.
  void discard();

 private:
  PartialFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  [[nodiscard]] base::Result<bool> holds(std::uint64_t offset, std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] tl::unexpected<base::Error> error(const char* verb) const;
  std::string path_;
  int descriptor_;
};

}  // namespace obscura::deploy::net::detail
