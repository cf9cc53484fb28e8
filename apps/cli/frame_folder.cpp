#include "apps/cli/frame_folder.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;

// Small, so that few frames are taken at a time and the others stay with the system.
constexpr std::size_t kBufferBytes = 4096;

tl::unexpected<base::Error> io_error(const std::string& folder) {
  return base::fail(errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo,
                    fmt::format("cannot watch {}: {}", folder, std::strerror(errno)), "check the folder");
}

}  // namespace

base::Result<FrameFolder> FrameFolder::open(const std::string& folder) {
  FrameFolder frames(folder, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (frames.descriptor_ < 0) return io_error(folder);
  if (inotify_add_watch(frames.descriptor_, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
    return io_error(folder);
  }
  return frames;
}

FrameFolder::~FrameFolder() {
  if (descriptor_ >= 0) close(descriptor_);
}

base::Result<std::vector<std::string>> FrameFolder::wait(int timeout_ms) {
  pollfd look{descriptor_, POLLIN, 0};
  if (poll(&look, 1, timeout_ms) < 0 && errno != EINTR) return io_error(folder_);
  alignas(inotify_event) std::array<char, kBufferBytes> buffer;
  const ssize_t size = read(descriptor_, buffer.data(), buffer.size());
  std::vector<std::string> names;
  if (size < 0 && errno != EAGAIN && errno != EINTR) return io_error(folder_);
  for (ssize_t at = 0; at < size;) {
    inotify_event event;
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    const char* name = buffer.data() + at + sizeof(event);
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      return base::fail(ErrorCode::kLimit, fmt::format("more frames wait in {} than the system remembers", folder_),
                        "use --when-behind drop-oldest, or more workers");
    }
    if (event.len > 0 && name[0] != '.') names.emplace_back(name);
    at += static_cast<ssize_t>(sizeof(event) + event.len);
  }
  return names;
}

}  // namespace obscura::apps::cli
