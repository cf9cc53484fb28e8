#include "deploy/worker/blob_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.hpp"
#include "deploy/net/embedded_blobs.hpp"
#include "deploy/net/testing/temporary_folder.hpp"

namespace obscura::deploy::worker {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using net::BlobRef;
using Bytes = std::vector<std::uint8_t>;

/// Passes downloads on, and counts them.
class CountingStore final : public net::BlobStore {
 public:
  explicit CountingStore(const std::string& folder) : next_(net::EmbeddedBlobs::open(folder, {}).value()) {}
  base::Result<void> put(const BlobRef& ref, std::span<const std::uint8_t> bytes,
                         const net::BlobProgress& progress) override {
    return next_->put(ref, bytes, progress);
  }
  base::Result<Bytes> get(const BlobRef& ref, std::uint64_t max_bytes) override { return next_->get(ref, max_bytes); }
  base::Result<void> download(const BlobRef& ref, const std::string& path, const net::BlobProgress& progress) override {
    ++downloads;
    return next_->download(ref, path, progress);
  }
  base::Result<bool> has(const BlobRef& ref) override { return next_->has(ref); }
  base::Result<void> remove(const BlobRef& ref) override { return next_->remove(ref); }

  std::atomic<int> downloads = 0;

 private:
  std::unique_ptr<net::BlobStore> next_;
};

class BlobCacheTest : public ::testing::Test {
 protected:
  BlobRef store_blob(std::uint8_t fill, std::size_t size = 1000) {
    const Bytes bytes(size, fill);
    EXPECT_TRUE(store_.put(BlobRef::of(bytes), bytes, {}));
    return BlobRef::of(bytes);
  }
  BlobCache open(std::uint64_t max_bytes = 1 << 20) { return BlobCache::open(cache_folder(), max_bytes).value(); }
  [[nodiscard]] std::string cache_folder() const { return folder_.path() + "/cache"; }
  static Bytes bytes_at(const CachedBlob& blob) { return base::read_file(blob.path(), 1 << 20).value(); }
  /// As if the blob had been used that long ago.
  static void age(const CachedBlob& blob, std::chrono::minutes by) {
    fs::last_write_time(blob.path(), fs::file_time_type::clock::now() - by);
  }
  /// A file of 1000 bytes in the cache's folder, last written two hours ago.
  [[nodiscard]] std::string write_old(const std::string& name) const {
    const fs::path path = fs::path(cache_folder()) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(1000, 'o');
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(2));
    return path.string();
  }

  net::testing::TemporaryFolder folder_;
  CountingStore store_{folder_.path() + "/blobs"};
};

TEST_F(BlobCacheTest, FetchesOnceAndKeepsItForTheNextProcess) {
  const BlobRef ref = store_blob(7);
  auto cache = open();
  EXPECT_EQ(bytes_at(cache.fetch(ref, store_).value()), Bytes(1000, 7));
  EXPECT_EQ(bytes_at(cache.fetch(ref, store_).value()), Bytes(1000, 7));
  auto next = open();
  EXPECT_EQ(bytes_at(next.fetch(ref, store_).value()), Bytes(1000, 7));
  EXPECT_EQ(store_.downloads, 1);
  EXPECT_EQ(cache.counts().misses, 1U);
  EXPECT_EQ(cache.counts().hits, 1U);
  EXPECT_EQ(cache.counts().fetched_bytes, 1000U);
  EXPECT_EQ(next.counts().misses, 0U);
}

TEST_F(BlobCacheTest, SeveralWorkersFetchOnce) {
  const BlobRef ref = store_blob(7, 300'000);
  std::vector<std::thread> workers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&] {
      auto cache = open();
      if (bytes_at(cache.fetch(ref, store_).value()) == Bytes(300'000, 7)) ++right;
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(store_.downloads, 1);
}

TEST_F(BlobCacheTest, WhatWasUsedLeastRecentlyMakesRoom) {
  auto cache = open(2500);
  const BlobRef old = store_blob(1);
  const BlobRef used = store_blob(2);
  age(cache.fetch(old, store_).value(), std::chrono::minutes(20));
  age(cache.fetch(used, store_).value(), std::chrono::minutes(30));
  { const auto again = cache.fetch(used, store_); }  // now the other one is older
  const auto fresh = cache.fetch(store_blob(3), store_);
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(cache.counts().evictions, 1U);
  EXPECT_EQ(store_.downloads, 3);
  { const auto again = cache.fetch(used, store_); }
  EXPECT_EQ(store_.downloads, 3) << "the wrong one was removed";
  { const auto again = cache.fetch(old, store_); }
  EXPECT_EQ(store_.downloads, 4);
}

TEST_F(BlobCacheTest, NeverRemovesWhatIsInUse) {
  auto cache = open(2500);
  const auto one = cache.fetch(store_blob(1), store_);
  auto other = open(2500);  // as another process would
  const auto two = other.fetch(store_blob(2), store_);
  const auto third = cache.fetch(store_blob(3), store_);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kLimit);
  EXPECT_EQ(bytes_at(*one), Bytes(1000, 1));
  EXPECT_EQ(bytes_at(*two), Bytes(1000, 2));
  EXPECT_EQ(cache.fetch(store_blob(4, 2501), store_).error().code, ErrorCode::kLimit);
}

TEST_F(BlobCacheTest, FetchesAnewWhatWasAltered) {
  const BlobRef ref = store_blob(7);
  std::string path;
  {
    auto cache = open();
    path = cache.fetch(ref, store_)->path();
  }
  for (const std::string& content : {std::string(1000, 'x'), std::string(10, '\x07')}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    auto cache = open();
    EXPECT_EQ(bytes_at(cache.fetch(ref, store_).value()), Bytes(1000, 7));
    EXPECT_EQ(cache.counts().misses, 1U);
  }
}

TEST_F(BlobCacheTest, CutOffDownloadsDoNotStayForEver) {
  auto cache = open(1500);
  { const auto blob = cache.fetch(store_blob(1), store_); }
  const std::string digest = "ab" + std::string(62, '7');
  const std::string stale = write_old("ab/" + digest + ".0123456789abcdef.tmp");
  const std::string young = cache_folder() + "/ab/" + digest + ".fedcba9876543210.tmp";
  std::ofstream(young) << "half";
  ASSERT_TRUE(cache.fetch(store_blob(2), store_));
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(BlobCacheTest, WhatIsNotItsOwnStaysAndDoesNotCount) {
  auto cache = open(1500);
  const std::string digest = "ab" + std::string(62, '7');
  std::vector<std::string> foreign;
  for (const std::string& name :
       {"x/ab/" + digest, "x/ab/" + digest + ".tmp", std::string("ab/notes.txt"), "ab/" + std::string(64, 'n'),
        "cd/" + digest, "AB/AB" + std::string(62, '7'), "ab/" + digest + "7", digest}) {
    foreign.push_back(write_old(name));
  }
  const std::string own = write_old("ab/" + digest);
  ASSERT_TRUE(cache.fetch(store_blob(1), store_)) << "files of others took the room of a blob";
  EXPECT_FALSE(fs::exists(own));
  for (const std::string& path : foreign) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(BlobCacheTest, TakesNoFolderThatIsInUseForSomethingElse) {
  fs::create_directories(cache_folder());
  { const auto empty = open(); }
  std::ofstream(cache_folder() + "/more") << "beside";
  ASSERT_TRUE(BlobCache::open(cache_folder(), 1000)) << "it was a cache before";
  const std::string other = folder_.path() + "/home";
  fs::create_directories(other);
  std::ofstream(other + "/letter") << "dear";
  const auto refused = BlobCache::open(other, 1000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_FALSE(fs::exists(other + "/locks"));
}

TEST_F(BlobCacheTest, SaysWhatIsNotThere) {
  auto cache = open();
  const Bytes bytes = {1, 2, 3};
  EXPECT_EQ(cache.fetch(BlobRef::of(bytes), store_).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obscura::deploy::worker
