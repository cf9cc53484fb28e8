#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/buffer.hpp"
#include "fhe/arith/modulus.hpp"

namespace obscura::bench::operations::detail {

/// Limbs for kernels, five cache lines more than N apart, as the engine's own rows are.
class Limbs {
 public:
  Limbs(base::BufferPool& pool, std::size_t count, int log_n);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::uint64_t* operator[](std::size_t i) { return words_.data() + i * stride_; }
  [[nodiscard]] const std::uint64_t* operator[](std::size_t i) const { return words_.data() + i * stride_; }
  [[nodiscard]] std::vector<const std::uint64_t*> rows() const;
  /// Words below `bound` that look random, the same every time.
  void fill(std::uint64_t bound);

 private:
  std::size_t size_;
  std::size_t stride_;
  std::size_t count_;
  base::Buffer words_;
};

/// The largest primes below 2^49 for this ring degree, the size at which HEXL was measured; there are enough for any
/// benchmark.
[[nodiscard]] std::vector<fhe::arith::Modulus> primes(int log_n, int count);

}  // namespace obscura::bench::operations::detail
