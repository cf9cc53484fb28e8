#include "base/pages.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <new>

namespace obscura::base {

#if defined(__SANITIZE_ADDRESS__)

PageRange map_pages(std::size_t bytes) {
  return {::operator new (bytes, std::align_val_t{kHugePageBytes}), bytes};
}

void unmap_pages(PageRange range) {
  ::operator delete (range.begin, range.bytes, std::align_val_t{kHugePageBytes});
}

PageRange map_pages_of(std::vector<PageRange> spare, std::size_t bytes) {
  for (const PageRange& range : spare) unmap_pages(range);
  return map_pages(bytes);
}

#else

namespace {

std::byte* at(const PageRange& range, std::size_t offset) {
  return static_cast<std::byte*>(range.begin) + offset;
}

std::size_t huge_bytes(std::size_t bytes) {
  return bytes / kHugePageBytes * kHugePageBytes;
}

[[nodiscard]] void* out_of_memory(std::size_t bytes) {
  return std::pmr::null_memory_resource()->allocate(bytes);
}

/// Puts as many pages of `from` as there is room for where others are mapped, and unmaps the rest. Returns their bytes.
std::size_t move_pages(const PageRange& from, const PageRange& to) {
  const std::size_t moved = std::min(from.bytes, to.bytes);
  if (moved < from.bytes) unmap_pages({at(from, moved), from.bytes - moved});
  if (moved == 0 || ::mremap(from.begin, moved, moved, MREMAP_MAYMOVE | MREMAP_FIXED, to.begin) != MAP_FAILED) {
    return moved;
  }
  // What was mapped there may be gone already.
  unmap_pages({from.begin, moved});
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (::mmap(to.begin, moved, PROT_READ | PROT_WRITE, kFlags, -1, 0) == MAP_FAILED) (void)out_of_memory(moved);
  return moved;
}

}  // namespace

PageRange map_pages(std::size_t bytes) {
  void* const mapped =
      ::mmap(nullptr, bytes + kHugePageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return {out_of_memory(bytes), bytes};
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(mapped) % kHugePageBytes;
  const PageRange pages{at({mapped, bytes}, before), bytes};
  if (before > 0) ::munmap(mapped, before);
  ::munmap(at(pages, bytes), kHugePageBytes - before);
  (void)::madvise(pages.begin, bytes, MADV_HUGEPAGE);
  return pages;
}

void unmap_pages(PageRange range) {
  ::munmap(range.begin, range.bytes);
}

// Huge pages to where huge pages can be, small ones to the end: so neither are split.
PageRange map_pages_of(std::vector<PageRange> spare, std::size_t bytes) {
  const PageRange made = map_pages(bytes);
  const std::size_t huge = huge_bytes(bytes);
  std::size_t front = 0;
  std::size_t end = huge;
  for (const PageRange& range : spare) {
    const std::size_t range_huge = huge_bytes(range.bytes);
    front += move_pages({range.begin, range_huge}, {at(made, front), huge - front});
    end += move_pages({at(range, range_huge), range.bytes - range_huge}, {at(made, end), bytes - end});
  }
  return made;
}

#endif

}  // namespace obscura::base
