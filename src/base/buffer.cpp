#include "base/buffer.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/pages.hpp"

namespace obscura::base {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kSmallPageBytes = 4096;
constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

// Eight classes per power of two: at most one eighth is wasted, and up to 16 limbs of a ring fit exactly.
std::size_t class_of(std::size_t count) {
  const std::size_t least = std::max(count, kLineBytes / kWordBytes);
  const std::size_t step = std::max(std::bit_floor(least) / 8, kLineBytes / kWordBytes);
  return (least + step - 1) / step * step;
}

// Blocks that are read side by side, such as the halves and digits of a key, would share the sets of every cache if
// they all began at a multiple of a large power of two: eight ways hold no more than eight of them. Each begins about
// an eighth of a second-level cache's way further than the one before it.
constexpr std::size_t kStaggerWords = 261 * kLineBytes / kWordBytes;
constexpr std::size_t kStaggers = 8;

bool has_huge_pages(std::size_t capacity) {
  return capacity * kWordBytes >= kHugePageBytes;
}

// Of the pages that a block of huge pages lies in. The system puts its end, which fills no huge page, into small ones.
std::size_t mapped_bytes(std::size_t capacity) {
  const std::size_t bytes = (capacity + kStaggers * kStaggerWords) * kWordBytes;
  return (bytes + kSmallPageBytes - 1) / kSmallPageBytes * kSmallPageBytes;
}

// The block begins in its first huge page.
PageRange pages_of(std::uint64_t* block, std::size_t capacity) {
  const std::size_t staggered = reinterpret_cast<std::uintptr_t>(block) % kHugePageBytes / kWordBytes;
  return {block - staggered, mapped_bytes(capacity)};
}

// `stagger` < kStaggers moves the start of a block of huge pages. Of the pages in `spare`, as far as they go.
std::uint64_t* allocate(std::size_t capacity, std::size_t stagger, std::vector<PageRange> spare = {}) {
  if (!has_huge_pages(capacity)) {
    return static_cast<std::uint64_t*>(::operator new (capacity* kWordBytes, std::align_val_t{kLineBytes}));
  }
  const PageRange pages = map_pages_of(std::move(spare), mapped_bytes(capacity));
  return static_cast<std::uint64_t*>(pages.begin) + stagger * kStaggerWords;
}

void release(std::uint64_t* block, std::size_t capacity) {
  if (!has_huge_pages(capacity)) return ::operator delete (block, std::align_val_t{kLineBytes});
  unmap_pages(pages_of(block, capacity));
}

// Blocks from 4 KiB up to a huge page are cut from slabs of huge pages. Not under AddressSanitizer, which then would
// not see past a block's end.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kLeastSlabWords = SIZE_MAX;
#else
constexpr std::size_t kLeastSlabWords = 4096 / kWordBytes;
#endif
constexpr std::size_t kSlabWords = (std::size_t{32} << 20) / kWordBytes;

bool fits_slab(std::size_t capacity) {
  return capacity >= kLeastSlabWords && capacity * kWordBytes < kHugePageBytes;
}

}  // namespace

struct Buffer::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { trim(); }

  // A block of this class, or a cached one of a class at most half as large again, and its class.
  std::pair<std::uint64_t*, std::size_t> get(std::size_t capacity) {
    const std::lock_guard lock(mutex);
    const auto found = cached.lower_bound(capacity);
    const bool serves = found != cached.end() && found->first <= capacity + capacity / 2;
    if (serves) capacity = found->first;
    std::uint64_t* const block = serves ? take(found) : make(capacity);
    in_use += capacity * kWordBytes;
    if (fits_slab(capacity)) ++users_of_slab(block);
    if (has_huge_pages(capacity)) large_in_use += capacity * kWordBytes;
    peak = std::max(peak, in_use);
    return {block, capacity};
  }

  void put(std::uint64_t* block, std::size_t capacity) {
    const std::lock_guard lock(mutex);
    in_use -= capacity * kWordBytes;
    if (fits_slab(capacity)) --users_of_slab(block);
    if (has_huge_pages(capacity)) large_in_use -= capacity * kWordBytes;
    if (!remember(block, capacity)) {
      if (!fits_slab(capacity)) release(block, capacity);  // the others come back with their slab
    } else if (has_huge_pages(capacity)) {
      large_cached += capacity * kWordBytes;
    }
  }

  void trim() {
    const std::lock_guard lock(mutex);
    while (release_empty_slab()) continue;
    std::erase_if(cached, [&](const auto& entry) {
      const auto& [capacity, blocks] = entry;
      if (fits_slab(capacity)) return false;
      for (std::uint64_t* block : blocks) release(block, capacity);
      return true;
    });
    large_cached = 0;
  }

  void hold_at_most(std::size_t bytes) {
    const std::lock_guard lock(mutex);
    most = bytes;
    for (const PageRange& pages : keep_within(0)) unmap_pages(pages);
  }

  using Cached = std::map<std::size_t, std::vector<std::uint64_t*>>;

  // False if there is no memory to remember it in: buffers die where nothing may throw.
  bool remember(std::uint64_t* block, std::size_t capacity) noexcept {
    try {
      cached[capacity].push_back(block);
      return true;
    } catch (const std::bad_alloc&) {
      const auto entry = cached.find(capacity);
      if (entry != cached.end() && entry->second.empty()) cached.erase(entry);
      return false;
    }
  }

  std::uint64_t* take(Cached::iterator from) {
    std::uint64_t* const block = from->second.back();
    if (has_huge_pages(from->first)) large_cached -= from->first * kWordBytes;
    from->second.pop_back();
    if (from->second.empty()) cached.erase(from);
    return block;
  }

  std::uint64_t* make(std::size_t capacity) {
    if (!fits_slab(capacity)) {
      auto spare = has_huge_pages(capacity) ? keep_within(capacity * kWordBytes) : std::vector<PageRange>{};
      return allocate(capacity, blocks_made++ % kStaggers, std::move(spare));
    }
    if (current == nullptr || kSlabWords < slab_used + capacity) {
      current = allocate(kSlabWords, 0, keep_within(kSlabWords * kWordBytes));
      slabs.emplace(current, 0);
      slab_used = 0;
    }
    std::uint64_t* block = current + slab_used;
    slab_used += capacity + std::min(kStaggerWords, std::max(capacity / 64, std::size_t{1}) * kLineBytes / kWordBytes);
    return block;
  }

  // The number of blocks in use of the slab that the block is in.
  std::size_t& users_of_slab(std::uint64_t* block) { return std::prev(slabs.upper_bound(block))->second; }

  PageRange take_largest() {
    const auto largest = std::prev(cached.end());
    const std::size_t capacity = largest->first;
    return pages_of(take(largest), capacity);
  }

  bool release_empty_slab() {
    const auto empty = std::ranges::find(slabs, std::size_t{0}, &std::pair<std::uint64_t* const, std::size_t>::second);
    if (empty == slabs.end()) return false;
    std::uint64_t* const begin = empty->first;
    for (auto& [capacity, blocks] : cached) {
      std::erase_if(blocks, [&](const std::uint64_t* block) { return begin <= block && block < begin + kSlabWords; });
    }
    std::erase_if(cached, [](const auto& entry) { return entry.second.empty(); });
    if (current == begin) current = nullptr;
    slabs.erase(empty);
    release(begin, kSlabWords);
    return true;
  }

  // Makes room for so many bytes more in huge pages; returns those of the cached blocks that had to go.
  [[nodiscard]] std::vector<PageRange> keep_within(std::size_t more) {
    std::vector<PageRange> spare;
    const auto too_many = [&] {
      return slabs.size() * kSlabWords * kWordBytes + large_in_use + large_cached + more > most;
    };
    while (too_many() && large_cached > 0) spare.push_back(take_largest());
    while (too_many() && release_empty_slab()) continue;
    return spare;
  }

  std::mutex mutex;
  Cached cached;                                // by capacity
  std::map<std::uint64_t*, std::size_t> slabs;  // how many of their blocks are in use
  std::uint64_t* current = nullptr;             // the slab that is cut next
  std::size_t slab_used = 0;                    // its words
  std::size_t blocks_made = 0;
  std::size_t in_use = 0;        // bytes, all of them
  std::size_t large_in_use = 0;  // bytes of blocks of huge pages, but for slabs
  std::size_t large_cached = 0;
  std::size_t most = SIZE_MAX;
  std::size_t peak = 0;
};

Buffer::Buffer(std::shared_ptr<State> pool, std::uint64_t* data, std::size_t size, std::size_t capacity)
    : pool_(std::move(pool)), data_(data), size_(size), capacity_(capacity) {}

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::move(other.pool_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    Buffer old(std::move(*this));
    pool_ = std::move(other.pool_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr && pool_ != nullptr) pool_->put(data_, capacity_);
}

Buffer Buffer::borrow(std::size_t count) const {
  OBSCURA_CHECK(count <= size_, "more words are borrowed than there are");
  return Buffer(nullptr, data_, count, 0);
}

BufferPool::BufferPool() : state_(std::make_shared<Buffer::State>()) {}

Buffer BufferPool::acquire(std::size_t count) {
  OBSCURA_CHECK(count < (std::size_t{1} << 48), "a buffer of more words than a machine can hold");
  const auto [block, capacity] = state_->get(class_of(count));
  return Buffer(state_, block, count, capacity);
}

std::size_t BufferPool::bytes_in_use() const {
  const std::lock_guard lock(state_->mutex);
  return state_->in_use;
}

std::size_t BufferPool::bytes_peak() const {
  const std::lock_guard lock(state_->mutex);
  return state_->peak;
}

void BufferPool::trim() {
  state_->trim();
}

void BufferPool::hold_at_most(std::size_t bytes) {
  state_->hold_at_most(bytes);
}

}  // namespace obscura::base
