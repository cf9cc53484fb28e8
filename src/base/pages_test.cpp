#include "base/pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace obscura::base {
namespace {

constexpr std::size_t kSmallPageBytes = 4096;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

std::span<std::uint64_t> words(const PageRange& range) {
  return {static_cast<std::uint64_t*>(range.begin), range.bytes / kWordBytes};
}

PageRange filled(std::size_t bytes, std::uint64_t with) {
  const PageRange range = map_pages(bytes);
  std::ranges::fill(words(range), with);
  return range;
}

std::size_t bytes_of(const PageRange& range, std::uint64_t with) {
  return static_cast<std::size_t>(std::ranges::count(words(range), with)) * kWordBytes;
}

TEST(Pages, BeginAtAHugeOneAndAreWritable) {
  for (const std::size_t bytes : {kSmallPageBytes, kHugePageBytes, 3 * kHugePageBytes + 5 * kSmallPageBytes}) {
    const PageRange range = filled(bytes, 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(range.begin) % kHugePageBytes, 0u);
    EXPECT_EQ(range.bytes, bytes);
    unmap_pages(range);
  }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(Pages, AreMadeOfThoseThatAreGiven) {
  const std::size_t bytes = 4 * kHugePageBytes + 9 * kSmallPageBytes;
  const PageRange made = map_pages_of({filled(kHugePageBytes + 2 * kSmallPageBytes, 1), filled(2 * kHugePageBytes, 2),
                                       filled(3 * kHugePageBytes + 20 * kSmallPageBytes, 3)},
                                      bytes);
  EXPECT_EQ(made.bytes, bytes);
  EXPECT_EQ(bytes_of(made, 1), kHugePageBytes + 2 * kSmallPageBytes);
  EXPECT_EQ(bytes_of(made, 2), 2 * kHugePageBytes);
  EXPECT_EQ(bytes_of(made, 3), kHugePageBytes + 7 * kSmallPageBytes) << "the rest of it is gone";
  unmap_pages(made);
}

TEST(Pages, AreNewWhereTheGivenOnesEnd) {
  const PageRange made =
      map_pages_of({filled(kHugePageBytes + kSmallPageBytes, 1)}, 2 * kHugePageBytes + 4 * kSmallPageBytes);
  EXPECT_EQ(bytes_of(made, 1), kHugePageBytes + kSmallPageBytes);
  EXPECT_EQ(bytes_of(made, 0), kHugePageBytes + 3 * kSmallPageBytes);
  std::ranges::fill(words(made), 2);
  unmap_pages(made);
}
#endif

TEST(Pages, GoThroughManyHands) {
  std::vector<PageRange> held;
  for (std::size_t round = 0; round < 200; ++round) {
    const std::size_t bytes = (1 + round % 7) * kHugePageBytes + round * 13 % 512 * kSmallPageBytes;
    std::vector<PageRange> spare;
    for (std::size_t i = 0; i < round % 4 && !held.empty(); ++i) {
      const PageRange& oldest = held.front();
      EXPECT_EQ(std::ranges::count(words(oldest), words(oldest).front()), std::ssize(words(oldest)));
      spare.push_back(oldest);
      held.erase(held.begin());
    }
    held.push_back(map_pages_of(std::move(spare), bytes));
    std::ranges::fill(words(held.back()), round);
  }
  for (const PageRange& range : held) unmap_pages(range);
}

}  // namespace
}  // namespace obscura::base
