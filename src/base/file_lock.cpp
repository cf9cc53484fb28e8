#include "base/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace obscura::base {
namespace {

constexpr mode_t kMode = 0644;

tl::unexpected<Error> io_error(const char* verb, const std::string& path, int code) {
  return fail(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, std::generic_category().message(code)),
              "check the folder and its permissions");
}

Result<int> open_lock(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode);
  if (descriptor < 0) return io_error("open", path, errno);
  return descriptor;
}

// 0, or why not.
int lock(int descriptor, int operation) {
  while (::flock(descriptor, operation) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path, Kind kind) {
  OBSCURA_TRY(const int descriptor, open_lock(path));
  FileLock taken(descriptor);
  const int code = lock(descriptor, kind == Kind::kShared ? LOCK_SH : LOCK_EX);
  if (code != 0) return io_error("lock", path, code);
  return taken;
}

Result<FileLock> FileLock::try_exclusive(const std::string& path) {
  OBSCURA_TRY(const int descriptor, open_lock(path));
  FileLock taken(descriptor);
  const int code = lock(descriptor, LOCK_EX | LOCK_NB);
  if (code == EWOULDBLOCK) return FileLock(-1);
  if (code != 0) return io_error("lock", path, code);
  return taken;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace obscura::base
