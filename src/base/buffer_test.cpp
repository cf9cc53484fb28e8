#include "base/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace obscura::base {
namespace {

std::uintptr_t address(const Buffer& buffer) {
  return reinterpret_cast<std::uintptr_t>(buffer.data());
}

TEST(Buffer, IsAlignedAndAsLargeAsAsked) {
  BufferPool pool;
  for (const std::size_t count : {1u, 7u, 8u, 9u, 1000u, 65536u, 262143u, 262144u, 300001u}) {
    Buffer buffer = pool.acquire(count);
    EXPECT_EQ(buffer.size(), count);
    EXPECT_EQ(buffer.words().size(), count);
    EXPECT_EQ(address(buffer) % 64, 0u);
    for (std::uint64_t& word : buffer.words()) word = 1;
  }
}

// Buffers that are read side by side must not all fall into the same sets of a cache.
TEST(Buffer, LargeOnesBeginInDifferentSetsOfTheCache) {
  constexpr std::uintptr_t kWayBytes = std::uintptr_t{1} << 17;
  constexpr std::uintptr_t kApartBytes = std::uintptr_t{1} << 14;
#if defined(__SANITIZE_ADDRESS__)
  const std::size_t smallest = std::size_t{1} << 18;  // blocks below a huge page are not cut from slabs then
#else
  const std::size_t smallest = std::size_t{1} << 17;
#endif
  for (const std::size_t count : {smallest, std::size_t{1} << 19}) {
    BufferPool pool;
    std::vector<Buffer> buffers;
    for (int i = 0; i < 6; ++i) buffers.push_back(pool.acquire(count));
    for (std::size_t i = 1; i < buffers.size(); ++i) {
      const std::uintptr_t apart = (address(buffers[i]) - address(buffers[i - 1])) % kWayBytes;
      EXPECT_GE(std::min(apart, kWayBytes - apart), kApartBytes) << count << " words, buffer " << i;
    }
  }
}

TEST(Buffer, ComesBackFromThePool) {
  BufferPool pool;
  std::uintptr_t first = 0;
  {
    const Buffer buffer = pool.acquire(5000);
    first = address(buffer);
  }
  const Buffer again = pool.acquire(5000);
  EXPECT_EQ(address(again), first);
}

TEST(Buffer, CountsBytesInUseAndPeak) {
  BufferPool pool;
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  {
    const Buffer one = pool.acquire(1 << 10);
    const Buffer two = pool.acquire(1 << 11);
    EXPECT_EQ(pool.bytes_in_use(), (3u << 10) * 8);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  EXPECT_EQ(pool.bytes_peak(), (3u << 10) * 8);
  pool.trim();
  EXPECT_EQ(pool.bytes_peak(), (3u << 10) * 8);
}

TEST(Buffer, WastesAtMostAnEighthAndNothingUpToSixteenLimbs) {
  BufferPool pool;
  for (std::size_t limbs = 1; limbs <= 40; ++limbs) {
    const Buffer buffer = pool.acquire(limbs << 11);
    const std::size_t asked = (limbs << 11) * 8;
    EXPECT_LE(pool.bytes_in_use(), limbs <= 16 ? asked : asked + asked / 8);
    pool.trim();
  }
}

TEST(Buffer, MovesLeaveNothingBehind) {
  BufferPool pool;
  Buffer a = pool.acquire(100);
  a.data()[0] = 42;
  Buffer b = std::move(a);
  EXPECT_EQ(a.data(), nullptr);  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  EXPECT_EQ(a.size(), 0u);
  EXPECT_EQ(b.data()[0], 42u);
  Buffer c = pool.acquire(50);
  c = std::move(b);
  EXPECT_EQ(c.data()[0], 42u);
  EXPECT_EQ(c.size(), 100u);
  c = Buffer();
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Buffer, OutlivesItsPool) {
  std::optional<BufferPool> pool(std::in_place);
  Buffer buffer = pool->acquire(10);
  pool.reset();
  buffer.words()[9] = 7;
  EXPECT_EQ(buffer.data()[9], 7u);
}

TEST(Buffer, PoolIsThreadSafe) {
  BufferPool pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (std::size_t round = 1; round <= 200; ++round) {
        Buffer buffer = pool.acquire(round * static_cast<std::size_t>(t + 1));
        buffer.words()[0] = round;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  EXPECT_GT(pool.bytes_peak(), 0u);
}

/// Whoever gives slabs and blocks back does not take what another thread has just got.
TEST(Buffer, PoolIsThreadSafeAtItsLimit) {
  BufferPool pool;
  pool.hold_at_most(0);
  std::vector<std::thread> threads;
  std::atomic<int> overwritten = 0;
  for (std::uint64_t t = 1; t <= 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t round = 0; round < 200; ++round) {
        Buffer buffer = pool.acquire(std::size_t{1} << (10 + round % 9));  // 8 KiB to 2 MiB
        std::ranges::fill(buffer.words(), t);
        if (std::ranges::count(buffer.words(), t) != static_cast<std::ptrdiff_t>(buffer.size())) ++overwritten;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(overwritten, 0);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Buffer, LargeOnesGoBackToTheSystemFirst) {
  constexpr std::size_t kSmall = std::size_t{2} << 17;  // 2 MiB
  BufferPool pool;
  std::set<const std::uint64_t*> small;
  {
    std::vector<Buffer> held;
    for (int i = 0; i < 3; ++i) held.push_back(pool.acquire(kSmall));
    for (const Buffer& buffer : held) small.insert(buffer.data());
    held.push_back(pool.acquire(4 * kSmall));
    held.push_back(pool.acquire(64));
  }
  pool.hold_at_most(3 * kSmall * 8 + 512);
  std::vector<Buffer> again;
  for (int i = 0; i < 3; ++i) again.push_back(pool.acquire(kSmall));
  for (const Buffer& buffer : again) EXPECT_TRUE(small.contains(buffer.data()));
  again.clear();
  pool.hold_at_most(0);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  again.push_back(pool.acquire(kSmall));
  again.back().words().back() = 1;
}

// One keeps what is given back for a while, the other counts its shadows.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// "VmRSS:" in kilobytes.
std::uint64_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) << 10;
  }
  return 0;
}

TEST(Buffer, NewOnesTakeThePlaceOfCachedOnes) {
  constexpr std::size_t kWords = std::size_t{1} << 22;  // 32 MiB
  constexpr std::size_t kBytes = kWords * 8;
  BufferPool pool;
  const auto touched = [&](std::size_t words) {
    Buffer buffer = pool.acquire(words);
    std::ranges::fill(buffer.words(), 1);
    return buffer;
  };
  const std::uint64_t before = resident_bytes();
  pool.hold_at_most(4 * kBytes);
  {
    std::vector<Buffer> held;
    for (int i = 0; i < 4; ++i) held.push_back(touched(kWords));
  }
  EXPECT_GE(resident_bytes(), before + 4 * kBytes) << "they are cached";
  const Buffer larger = touched(3 * kWords);
  EXPECT_LE(resident_bytes(), before + 4 * kBytes + kBytes / 2);
  const Buffer beyond = touched(2 * kWords);
  EXPECT_EQ(pool.bytes_in_use(), 5 * kBytes) << "what is in use may take more";
  EXPECT_LE(resident_bytes(), before + 5 * kBytes + kBytes / 2);
}

TEST(Buffer, NewOnesHaveThePagesOfThoseWhosePlaceTheyTake) {
  constexpr std::size_t kWords = std::size_t{1} << 20;  // 8 MiB
  BufferPool pool;
  {
    std::vector<Buffer> held;
    for (int i = 0; i < 4; ++i) {
      held.push_back(pool.acquire(kWords));
      std::ranges::fill(held.back().words(), 7);
    }
  }
  pool.hold_at_most(4 * kWords * 8);
  const auto old_words = [](const Buffer& buffer) { return std::ranges::count(buffer.words(), 7u); };
  const Buffer smaller = pool.acquire(kWords / 2);
  EXPECT_GT(old_words(smaller), 0.4 * static_cast<double>(smaller.size()));
  Buffer larger = pool.acquire(3 * kWords);
  EXPECT_GT(old_words(larger), 0.9 * static_cast<double>(larger.size()));
  std::ranges::fill(larger.words(), 8);
  EXPECT_EQ(std::ranges::count(smaller.words(), 8u), 0);
}

TEST(Buffer, SlabsGoBackWhenNothingOfThemIsInUse) {
  constexpr std::size_t kWords = std::size_t{1} << 17;  // 1 MiB: about 30 in a slab
  BufferPool pool;
  const std::uint64_t before = resident_bytes();
  std::vector<Buffer> held;
  for (std::uint64_t i = 0; i < 128; ++i) {
    held.push_back(pool.acquire(kWords));
    std::ranges::fill(held.back().words(), i);
  }
  EXPECT_GE(resident_bytes(), before + 128 * kWords * 8);
  std::vector<Buffer> kept;
  kept.push_back(std::move(held[3]));
  kept.push_back(std::move(held[124]));
  held.clear();
  pool.hold_at_most(0);
  EXPECT_LE(resident_bytes(), before + 80 * kWords * 8) << "two slabs stay";
  for (std::uint64_t i = 0; i < 128; ++i) {
    held.push_back(pool.acquire(kWords));
    std::ranges::fill(held.back().words(), 1000 + i);
  }
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_EQ(std::ranges::count(kept[i].words(), i == 0 ? 3u : 124u), static_cast<std::ptrdiff_t>(kWords));
  }
  for (std::uint64_t i = 0; i < 128; ++i) EXPECT_EQ(held[i].words().back(), 1000 + i);
}
#endif

TEST(Buffer, LendsItsFirstWordsWithoutGivingThemBack) {
  BufferPool pool;
  Buffer owner = pool.acquire(100);
  owner.words()[7] = 42;
  const std::size_t in_use = pool.bytes_in_use();
  {
    const Buffer lent = owner.borrow(10);
    const Buffer again = lent.borrow(8);
    EXPECT_EQ(lent.size(), 10u);
    EXPECT_EQ(lent.data(), owner.data());
    EXPECT_EQ(again.words()[7], 42u);
  }
  EXPECT_EQ(pool.bytes_in_use(), in_use) << "a borrower gave back what it does not own";
  owner = Buffer();
  EXPECT_LT(pool.bytes_in_use(), in_use);
}

}  // namespace
}  // namespace obscura::base
