#include "bench/operations/detail/limbs.hpp"

#include "base/check.hpp"
#include "fhe/arith/primes.hpp"
#include "fhe/arith/wide.hpp"

namespace obscura::bench::operations::detail {

namespace {

constexpr std::size_t kGapWords = 40;
constexpr int kPrimeBits = 49;

}  // namespace

Limbs::Limbs(base::BufferPool& pool, std::size_t count, int log_n)
    : size_(std::size_t{1} << log_n), stride_(size_ + kGapWords), count_(count), words_(pool.acquire(count * stride_)) {
  fill(1);
}

std::vector<const std::uint64_t*> Limbs::rows() const {
  std::vector<const std::uint64_t*> rows;
  for (std::size_t i = 0; i < count_; ++i) rows.push_back((*this)[i]);
  return rows;
}

void Limbs::fill(std::uint64_t bound) {
  std::uint64_t state = 1;
  for (std::uint64_t& word : words_.words()) {
    state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's linear congruential generator
    word = static_cast<std::uint64_t>((fhe::arith::u128{state} * bound) >> 64);
  }
}

std::vector<fhe::arith::Modulus> primes(int log_n, int count) {
  const auto found = fhe::arith::ntt_primes(kPrimeBits, log_n, count);
  OBSCURA_CHECK(found.has_value(), "too few primes for a benchmark");
  return {found->begin(), found->end()};
}

}  // namespace obscura::bench::operations::detail
