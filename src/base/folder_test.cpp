#include "base/folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace obscura::base {
namespace {

namespace fs = std::filesystem;

TEST(PathsIn, AreThoseOfFilesAndFoldersInOrder) {
  std::string name = fs::temp_directory_path() / "obscura-folder-XXXXXX";
  const fs::path folder = ::mkdtemp(name.data());
  fs::create_directories(folder / "c" / "not this");
  std::ofstream(folder / "b") << 'b';
  std::ofstream(folder / ".a") << 'a';
  std::error_code error = std::make_error_code(std::errc::io_error);
  const std::vector<fs::path> paths = paths_in(folder, error);
  EXPECT_FALSE(error);
  EXPECT_EQ(paths, (std::vector<fs::path>{folder / ".a", folder / "b", folder / "c"}));
  EXPECT_TRUE(paths_in(folder / "c" / "not this", error).empty());
  EXPECT_FALSE(error);
  fs::remove_all(folder);
}

TEST(PathsIn, SaysWhyThereAreNone) {
  std::error_code error;
  EXPECT_TRUE(paths_in("/nowhere/at/all", error).empty());
  EXPECT_EQ(error, std::errc::no_such_file_or_directory);
  EXPECT_TRUE(paths_in("/proc/self/status", error).empty());
  EXPECT_EQ(error, std::errc::not_a_directory);
}

}  // namespace
}  // namespace obscura::base
