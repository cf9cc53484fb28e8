#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace obscura::base {

/// A fixed number of threads that share loops. Handed down by argument, never global. Safe to use
/// from several threads; loops may nest (the inner one then shares the same threads).
class Parallel {
 public:
  /// `threads` >= 1; 1 runs everything in the caller. Cost: starts threads lazily.
  explicit Parallel(int threads);
  ~Parallel();
  Parallel(const Parallel&) = delete;
  Parallel& operator=(const Parallel&) = delete;

  [[nodiscard]] int threads() const;

  /// Runs body(i) once for each i in [0, count), in any order, and returns when all are done.
  /// The body must not throw. Bodies that write disjoint memory give the same result for any number
  /// of threads.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& body) const;

 private:
  struct Backend;
  std::unique_ptr<Backend> backend_;
  int threads_;
};

}  // namespace obscura::base
