#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace obscura::base {

/// Permissions of what we write: before the umask.
inline constexpr mode_t kPublicMode = 0644;
inline constexpr mode_t kSecretMode = 0600;

/// The whole of `path`, at most `max_bytes`. Errors: kNotFound, kIo (a folder, no permission), kLimit.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_file(const std::string& path, std::uint64_t max_bytes);

/// The same into memory that is wiped.
[[nodiscard]] Result<SecretBytes> read_secret_file(const std::string& path, std::uint64_t max_bytes);

/// A file mapped for reading. Whoever may write the file can change the bytes at any time, and reading
/// beyond a file that was cut short in the meantime stops the process: copy before you check and use.
class MappedFile {
 public:
  /// Errors as for read_file.
  [[nodiscard]] static Result<MappedFile> open(const std::string& path, std::uint64_t max_bytes);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  /// What was read so far no longer counts as memory of this process; the system may still hold it, and bytes() can be
  /// read as before.
  void release_pages() const;

 private:
  MappedFile(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// What commit() does when `path` exists already.
enum class Existing { kReplace, kRefuse };

/// A file that appears whole or not at all, also when the power fails: bytes go to a file without a name in the same
/// folder, and commit() syncs it, gives it its name and syncs the folder. Without commit() nothing stays behind, also
/// where the process is killed. Only one that replaces another has a name of its own, PATH.<16 digits>.tmp, for the
/// moment between two system calls; and from the start where the file system knows no files without a name (NFS, or no
/// /proc). Special files (devices, pipes) are refused as targets.
class AtomicFile {
 public:
  [[nodiscard]] static Result<AtomicFile> create(const std::string& path, mode_t mode);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  /// Behind what was written before.
  [[nodiscard]] Result<void> write(std::span<const std::uint8_t> bytes);
  /// At an offset; what lies between what is written reads as zeros. Moves nothing for write(). Thread-safe.
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  [[nodiscard]] Result<void> commit(Existing existing = Existing::kReplace);

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  Result<void> give_name(Existing existing);
  std::string path_;
  std::string temporary_;  ///< the name that it has until it is moved to `path_`; empty: none
  int descriptor_;
};

/// Files that are about to be made and of no use without each other: removes them when it dies, unless they are kept.
/// What is there already stays in any case.
class NewFiles {
 public:
  explicit NewFiles(const std::vector<std::string>& paths);
  NewFiles(NewFiles&& other) noexcept : paths_(std::exchange(other.paths_, {})) {}
  NewFiles& operator=(NewFiles&&) = delete;
  ~NewFiles();
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

/// AtomicFile in one call.
[[nodiscard]] Result<void> write_file_atomically(const std::string& path, std::span<const std::uint8_t> bytes,
                                                 mode_t mode = kPublicMode, Existing existing = Existing::kReplace);

}  // namespace obscura::base
