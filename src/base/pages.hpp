#pragma once

#include <cstddef>
#include <vector>

namespace obscura::base {

inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

/// Memory of whole pages, from the boundary of a huge one on.
struct PageRange {
  void* begin = nullptr;
  std::size_t bytes = 0;
};

/// Pages of their own, advised to be huge, which go back to the system when they are released: an allocator would keep
/// them, in pieces. Contents are zero. Throws std::bad_alloc. Under AddressSanitizer memory of the allocator, of which
/// it sees when somebody reads past the end.
[[nodiscard]] PageRange map_pages(std::size_t bytes);
void unmap_pages(PageRange range);

/// As map_pages, of the pages of `spare` as far as they go, with what is in them: the system need not clear new ones.
/// `spare`, each of which map_pages or this gave, is gone afterwards. Cost: up to four system calls for each of them.
[[nodiscard]] PageRange map_pages_of(std::vector<PageRange> spare, std::size_t bytes);

}  // namespace obscura::base
