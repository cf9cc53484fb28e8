#include "base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace obscura::base {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

class File : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "obscura-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

  std::string folder_;
};

Bytes sample(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

TEST_F(File, RoundTripsThroughEveryReader) {
  for (const std::size_t size : {0u, 1u, 100000u}) {
    const Bytes bytes = sample(size);
    ASSERT_TRUE(write_file_atomically(path("a"), bytes));
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(read_file(path("a"), size).value(), bytes);
    const auto secret = read_secret_file(path("a"), size);
    ASSERT_TRUE(secret);
    EXPECT_EQ(Bytes(secret->reveal_secret().begin(), secret->reveal_secret().end()), bytes);
    auto mapped = MappedFile::open(path("a"), size);
    ASSERT_TRUE(mapped);
    const MappedFile moved(std::move(*mapped));
    moved.release_pages();  // what is checked below is read anew
    EXPECT_EQ(Bytes(moved.bytes().begin(), moved.bytes().end()), bytes);
  }
}

TEST_F(File, LimitsAreHeld) {
  ASSERT_TRUE(write_file_atomically(path("a"), sample(11)));
  EXPECT_EQ(read_file(path("a"), 10).error().code, ErrorCode::kLimit);
  EXPECT_EQ(read_secret_file(path("a"), 10).error().code, ErrorCode::kLimit);
  EXPECT_EQ(MappedFile::open(path("a"), 10).error().code, ErrorCode::kLimit);
  EXPECT_EQ(read_file("/dev/zero", 100000).error().code, ErrorCode::kLimit);
}

TEST_F(File, MissingFilesAndFoldersAreNamed) {
  const auto missing = read_file(path("nothing"), 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(path("nothing")));
  EXPECT_EQ(MappedFile::open(path("nothing"), 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_file(folder_, 10).error().code, ErrorCode::kIo);
  const auto written = write_file_atomically(path("no/such/folder"), sample(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kNotFound);
}

TEST_F(File, ReplacesWholeAndKeepsTheMode) {
  ASSERT_TRUE(write_file_atomically(path("a"), sample(1000)));
  ASSERT_TRUE(write_file_atomically(path("a"), sample(10), kSecretMode));
  EXPECT_EQ(read_file(path("a"), 1000).value(), sample(10));
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(File, RefusesToReplaceWhenAskedTo) {
  ASSERT_TRUE(write_file_atomically(path("key"), sample(5), kSecretMode, Existing::kRefuse));
  const auto again = write_file_atomically(path("key"), sample(6), kSecretMode, Existing::kRefuse);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("exists already"));
  EXPECT_EQ(read_file(path("key"), 100).value(), sample(5));
  EXPECT_EQ(files(), 1u);
}

TEST_F(File, NothingStaysBehindWithoutCommit) {
  ASSERT_TRUE(write_file_atomically(path("a"), sample(3)));
  {
    auto file = AtomicFile::create(path("a"), kPublicMode);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(sample(1000)));
    EXPECT_EQ(read_file(path("a"), 100).value(), sample(3));
  }
  EXPECT_EQ(files(), 1u);
  EXPECT_EQ(read_file(path("a"), 100).value(), sample(3));
}

// Whether the file system knows files without a name.
bool knows_nameless(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, kSecretMode);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

// A child that says when it has written, and waits.
void write_and_wait(const std::string& path, int said) {
  auto file = AtomicFile::create(path, kPublicMode);
  const bool written = file && file->write(sample(100000)) && ::write(said, "w", 1) == 1;
  while (written) ::pause();
  ::_exit(1);
}

TEST_F(File, NothingStaysBehindAProcessThatIsKilled) {
  if (!knows_nameless(folder_)) GTEST_SKIP() << "files have names from the start on this file system";
  ASSERT_TRUE(write_file_atomically(path("old"), sample(3)));
  for (const char* name : {"new", "old"}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) write_and_wait(path(name), ends[1]);
    ::close(ends[1]);
    char said = 0;
    EXPECT_EQ(::read(ends[0], &said, 1), 1) << "the child did not write";
    ::close(ends[0]);
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(read_file(path("old"), 100).value(), sample(3));
  }
}

TEST_F(File, NewOnesGoTogetherUnlessTheyAreKept) {
  const auto written = [this](const char* name) {
    EXPECT_TRUE(write_file_atomically(path(name), std::vector<std::uint8_t>{1}).has_value());
    return path(name);
  };
  const auto exists = [](const std::string& path) { return std::filesystem::exists(path); };
  const std::string old = written("old");
  {
    const NewFiles files({path("a"), old, path("never")});
    written("a");
    written("old");
  }
  EXPECT_FALSE(exists(path("a")));
  EXPECT_TRUE(exists(old)) << "it was there before";
  {
    NewFiles files({path("b")});
    written("b");
    files.keep();
  }
  EXPECT_TRUE(exists(path("b")));
}

TEST_F(File, SpecialFilesAreNotReplaced) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(write_file_atomically(path("pipe"), sample(1)).error().code, ErrorCode::kIo);
  EXPECT_EQ(write_file_atomically(folder_, sample(1)).error().code, ErrorCode::kIo);
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace obscura::base
