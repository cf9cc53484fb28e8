#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace obscura::apps::cli {

/// The files that appear in a folder, in the order in which they are finished: written and closed, or moved there.
/// Names that begin with a dot are not looked at.
class FrameFolder {
 public:
  /// What is there already does not count. Errors: kNotFound, kIo.
  [[nodiscard]] static base::Result<FrameFolder> open(const std::string& folder);
  FrameFolder(FrameFolder&& other) noexcept
      : folder_(std::move(other.folder_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  FrameFolder& operator=(FrameFolder&&) = delete;
  ~FrameFolder();

  /// Names of frames that appeared; waits up to `timeout_ms` for the first. Those that nobody asks for wait, up to the
  /// limit of the system (fs.inotify.max_queued_events, usually 16384). Errors: kIo, kLimit (beyond it).
  [[nodiscard]] base::Result<std::vector<std::string>> wait(int timeout_ms);

 private:
  FrameFolder(std::string folder, int descriptor) : folder_(std::move(folder)), descriptor_(descriptor) {}
  std::string folder_;
  int descriptor_;
};

}  // namespace obscura::apps::cli
