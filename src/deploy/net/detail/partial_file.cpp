#include "deploy/net/detail/partial_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace obscura::deploy::net::detail {
namespace {

constexpr mode_t kMode = 0644;

tl::unexpected<base::Error> io_error(const char* verb, const std::string& path, int code) {
  return base::fail(base::ErrorCode::kIo,
                    fmt::format("cannot {} {}: {}", verb, path, std::generic_category().message(code)),
                    code == ENOSPC ? "free some space on the disk" : "check the folder and its permissions");
}

// Whether the open file is the one that bears the name: while we waited for the lock it may have been renamed.
bool is_named(int descriptor, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

int lock_retrying(int descriptor) {
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

base::Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return io_error("open", folder, errno);
  const int code = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot sync a folder; they say EINVAL, and there is nothing more to be done.
  if (code != 0 && code != EINVAL) return io_error("sync", folder, code);
  return {};
}

}  // namespace

tl::unexpected<base::Error> PartialFile::error(const char* verb) const {
  return io_error(verb, path_, errno);
}

base::Result<PartialFile> PartialFile::lock(const std::string& path) {
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode);
    if (descriptor < 0) return io_error("create", path, errno);
    PartialFile file(path, descriptor);
    if (const int code = lock_retrying(descriptor); code != 0) return io_error("lock", path, code);
    if (is_named(descriptor, path)) return file;
  }
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Result<bool> PartialFile::holds(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
  std::vector<std::uint8_t> there(bytes.size());
  std::size_t got = 0;
  while (got < there.size()) {
    const ssize_t n = ::pread(descriptor_, there.data() + got, there.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error("read");
    if (n == 0) return false;
    got += static_cast<std::size_t>(n);
  }
  return std::equal(bytes.begin(), bytes.end(), there.begin());
}

base::Result<void> PartialFile::place(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(const bool there, holds(offset, bytes));
  if (there) return {};
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error("write");
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

base::Result<void> PartialFile::finish(std::uint64_t size, const std::string& final_path, bool durable) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return error("cut");
  if (durable && ::fsync(descriptor_) != 0) return error("sync");
  if (::rename(path_.c_str(), final_path.c_str()) != 0) return error("rename");
  if (!durable) return {};
  return sync_folder_of(final_path);
}

void PartialFile::discard() {
  (void)::unlink(path_.c_str());
}

}  // namespace obscura::deploy::net::detail
