#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace obscura::deploy::net::testing {

/// A new folder that is gone, with all that is in it, at the end. In memory where there is such a place: on a disk the
/// stores' fsyncs would be most of what a test waits for, and they tell nothing here, where processes are killed and
/// never the machine.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_((std::filesystem::exists("/dev/shm") ? "/dev/shm/" : ::testing::TempDir()) + "obscura-net-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace obscura::deploy::net::testing
