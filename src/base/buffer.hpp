#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace obscura::base {

class BufferPool;

/// A move-only block of 64-bit words, 64-byte aligned, that goes back to its pool when it dies.
/// Contents are undefined after acquire().
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  [[nodiscard]] std::span<std::uint64_t> words() { return {data_, size_}; }
  [[nodiscard]] std::span<const std::uint64_t> words() const { return {data_, size_}; }
  [[nodiscard]] std::uint64_t* data() { return data_; }
  [[nodiscard]] const std::uint64_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The first `count` words of this buffer, which keeps them: the borrower is gone before it, moved or not, and does
  /// not write.
  [[nodiscard]] Buffer borrow(std::size_t count) const;

 private:
  friend class BufferPool;
  struct State;
  Buffer(std::shared_ptr<State> pool, std::uint64_t* data, std::size_t size, std::size_t capacity);
  std::shared_ptr<State> pool_;
  std::uint64_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Hands out aligned buffers and keeps returned ones for reuse, so that a steady state allocates
/// nothing and faults no page. Blocks of 2 MiB and more are advised to huge pages,
/// and those from 4 KiB on are cut from slabs of such pages. Thread-safe.
/// Buffers may outlive the pool object: they keep its storage alive.
class BufferPool {
 public:
  BufferPool();
  /// `count` words; never fails other than by std::bad_alloc, which main() turns into an exit code.
  [[nodiscard]] Buffer acquire(std::size_t count);
  /// Bytes handed out now, and the highest this has been.
  [[nodiscard]] std::size_t bytes_in_use() const;
  [[nodiscard]] std::size_t bytes_peak() const;
  /// Gives cached blocks back to the system; those in slabs only with the whole slab, when none of it is in use.
  void trim();
  /// From now on cached blocks of 2 MiB and more, the largest first, and slabs of which nothing is in use go back to
  /// the system where all such blocks and slabs would take more than so many bytes. What is in use may.
  void hold_at_most(std::size_t bytes);

 private:
  std::shared_ptr<Buffer::State> state_;
};

}  // namespace obscura::base
