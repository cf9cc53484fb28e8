#include "deploy/net/embedded_blobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "deploy/net/testing/pipeline.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::net::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Bytes some_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
  return bytes;
}

std::string path_of(const TemporaryFolder& folder, const BlobRef& ref) {
  const std::string hex = ref.sha256.hex();
  return folder.path() + "/" + hex.substr(0, 2) + "/" + hex;
}

TEST(EmbeddedBlobs, AFileThatWasAlteredIsNeverHandedOut) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {}).value();
  Bytes bytes = some_bytes(5000);
  const BlobRef ref = BlobRef::of(bytes);
  ASSERT_TRUE(blobs->put(ref, bytes, {}));
  bytes[4999] ^= 1;
  ASSERT_TRUE(base::write_file_atomically(path_of(folder, ref), bytes));
  EXPECT_EQ(blobs->get(ref, ref.size).error().code, base::ErrorCode::kCorrupt);
  const std::string target = folder.path() + "/target";
  EXPECT_EQ(blobs->download(ref, target, {}).error().code, base::ErrorCode::kCorrupt);
  EXPECT_FALSE(fs::exists(target));
  bytes.push_back(0);
  ASSERT_TRUE(base::write_file_atomically(path_of(folder, ref), bytes));
  EXPECT_EQ(blobs->get(ref, ref.size).error().code, base::ErrorCode::kCorrupt);
  EXPECT_FALSE(blobs->has(ref).value());
}

TEST(EmbeddedBlobs, AnInterruptedPutLeavesNoBlobAndTheNextOneGoesOn) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {}).value();
  const Bytes bytes = some_bytes(3 * kMaxChunkBytes);
  const BlobRef ref = BlobRef::of(bytes);
  const std::string partial = path_of(folder, ref) + ".partial";
  fs::create_directories(fs::path(partial).parent_path());
  // What a killed put leaves: some chunks, the last of them torn, or anything else.
  Bytes left(bytes.begin(), bytes.begin() + kMaxChunkBytes + 1000);
  left.back() ^= 1;
  left.resize(bytes.size() + 7);
  ASSERT_TRUE(base::write_file_atomically(partial, left));
  EXPECT_FALSE(blobs->has(ref).value());
  EXPECT_EQ(blobs->get(ref, ref.size).error().code, base::ErrorCode::kNotFound);
  ASSERT_TRUE(blobs->put(ref, bytes, {}));
  EXPECT_EQ(blobs->get(ref, ref.size).value(), bytes);
  EXPECT_FALSE(fs::exists(partial));
}

TEST(EmbeddedBlobsDeathTest, AJobHasANameThatLeadsNowhereElse) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {}).value();
  EXPECT_DEATH((void)blobs->of_job({"tenant", "../../x", 0}), "not checked");
}

// As a sweep does: how much is used is counted before each put.
TEST(EmbeddedBlobs, FoldersThatGoAwayMeanwhileAreNoTrouble) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {.max_bytes = 1 << 30}).value();
  std::atomic<bool> stop = false;
  std::thread sweeps([&] {
    const std::string job = folder.path() + "/jobs/tenant/job.r0";
    while (!stop) {
      fs::create_directories(job + "/ab");
      fs::remove_all(folder.path() + "/jobs");
    }
  });
  for (std::uint8_t number = 0; number < 200; ++number) {
    const Bytes bytes(100, number);
    const auto stored = blobs->put(BlobRef::of(bytes), bytes, {});
    EXPECT_TRUE(stored) << stored.error().message;
  }
  stop = true;
  sweeps.join();
}

TEST(EmbeddedBlobs, WrongBytesLeaveNothingBehind) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {}).value();
  Bytes bytes = some_bytes(1000);
  const BlobRef ref = BlobRef::of(bytes);
  bytes[0] ^= 1;
  EXPECT_EQ(blobs->put(ref, bytes, {}).error().code, base::ErrorCode::kMismatch);
  EXPECT_FALSE(fs::exists(path_of(folder, ref) + ".partial"));
  bytes[0] ^= 1;
  EXPECT_TRUE(blobs->put(ref, bytes, {}));
}

TEST(EmbeddedBlobs, ManyAtOnceStoreTheSameBlob) {
  const TemporaryFolder folder;
  const Bytes bytes = some_bytes(2 * kMaxChunkBytes + 5);
  const BlobRef ref = BlobRef::of(bytes);
  std::vector<std::thread> threads;
  std::vector<int> stored(4, 0);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto blobs = EmbeddedBlobs::open(folder.path(), {.survives_power_loss = false}).value();
      stored[i] = blobs->put(ref, bytes, {}).has_value() && blobs->get(ref, ref.size).value() == bytes ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(stored, ::testing::Each(1));
  EXPECT_FALSE(fs::exists(path_of(folder, ref) + ".partial"));
}

// Otherwise a put that is at work would rename a file that is gone, or one that lies under no name.
TEST(EmbeddedBlobs, IsRemovedOnceItIsWhole) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {}).value();
  const Bytes bytes = some_bytes(3 * kMaxChunkBytes);
  const BlobRef ref = BlobRef::of(bytes);
  EXPECT_TRUE(blobs->remove(ref));  // not there, nor its folder
  std::thread remover;
  ASSERT_TRUE(blobs->put(ref, bytes, [&](std::uint64_t done, std::uint64_t) {
    if (done != kMaxChunkBytes) return;
    remover = std::thread([&] { EXPECT_TRUE(EmbeddedBlobs::open(folder.path(), {}).value()->remove(ref)); });
    SystemClock().sleep(Milliseconds(50));
  }));
  remover.join();
  EXPECT_FALSE(blobs->has(ref).value());
  EXPECT_FALSE(fs::exists(path_of(folder, ref) + ".partial"));
}

TEST(EmbeddedBlobs, HoldsItsLimitOfBytes) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {.max_bytes = 1500}).value();
  const Bytes first = some_bytes(1000);
  const Bytes second = some_bytes(501);
  ASSERT_TRUE(blobs->put(BlobRef::of(first), first, {}));
  const auto full = blobs->put(BlobRef::of(second), second, {});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, base::ErrorCode::kLimit);
  EXPECT_THAT(full.error().message, HasSubstr("1000 of 1500"));
  ASSERT_TRUE(blobs->put(BlobRef::of(first), first, {})) << "what is there needs no room";
  ASSERT_TRUE(blobs->remove(BlobRef::of(first)));
  EXPECT_TRUE(blobs->put(BlobRef::of(second), second, {}));
}

// What an interrupted put left is part of the room that its blob takes, not room that it lacks.
TEST(EmbeddedBlobs, AResumedPutNeedsOnlyTheRoomOfItsBlob) {
  const TemporaryFolder folder;
  const auto blobs = EmbeddedBlobs::open(folder.path(), {.max_bytes = 1500}).value();
  const Bytes bytes = some_bytes(1000);
  const BlobRef ref = BlobRef::of(bytes);
  const std::string partial = path_of(folder, ref) + ".partial";
  fs::create_directories(fs::path(partial).parent_path());
  ASSERT_TRUE(base::write_file_atomically(partial, some_bytes(600)));
  const Bytes other = some_bytes(901);
  EXPECT_EQ(blobs->put(BlobRef::of(other), other, {}).error().code, base::ErrorCode::kLimit);
  EXPECT_TRUE(blobs->put(ref, bytes, {}));
  ASSERT_TRUE(base::write_file_atomically(partial, some_bytes(600)));
  ASSERT_TRUE(blobs->remove(ref));
  EXPECT_FALSE(fs::exists(partial));
}

}  // namespace
}  // namespace obscura::deploy::net::testing
