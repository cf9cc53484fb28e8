#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "fhe/arith/primes.hpp"
#include "fhe/kernels/kernel_table.hpp"

/// Data for the tests of this room.
namespace obscura::fhe::kernels::test {

inline constexpr std::uint64_t kSeed = 42;

/// An aligned limb that compares and prints as a vector.
class Limb {
 public:
  explicit Limb(std::size_t n) : size_(n), words_(allocate_words(n)) {}
  Limb(const Limb& other) : Limb(other.size_) { std::copy_n(other.data(), size_, data()); }
  Limb& operator=(const Limb& other) {
    std::copy_n(other.data(), size_, data());
    return *this;
  }
  [[nodiscard]] std::uint64_t* data() { return words_.get(); }
  [[nodiscard]] const std::uint64_t* data() const { return words_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  std::uint64_t& operator[](std::size_t i) { return words_[i]; }
  const std::uint64_t& operator[](std::size_t i) const { return words_[i]; }
  friend bool operator==(const Limb& a, const Limb& b) {
    return std::equal(a.data(), a.data() + a.size_, b.data(), b.data() + b.size_);
  }

 private:
  std::size_t size_;
  AlignedWords words_;
};

/// The largest primes of several sizes that serve a ring of degree 2^log_n: from the smallest
/// useful size up to the largest prime below 2^50.
inline std::vector<arith::Modulus> primes_for(int log_n) {
  std::vector<arith::Modulus> primes;
  for (const int bits : {20, 29, 40, 45, 46, 47, 48, 49, 50}) {
    primes.emplace_back(arith::ntt_primes(bits, log_n, 1).value().front());
  }
  return primes;
}

/// Words below `bound`: random ones, with the edges 0, 1, bound/2, bound/2 + 1 and bound - 1 strewn in.
inline Limb random_limb(std::size_t n, std::uint64_t bound, std::mt19937_64& random) {
  const std::uint64_t edges[] = {0, 1 % bound, bound / 2, bound / 2 + 1, bound - 1};
  Limb limb(n);
  for (std::size_t i = 0; i < n; ++i) limb[i] = random() % 4 == 0 ? edges[random() % 5] : random() % bound;
  return limb;
}

inline Limb constant_limb(std::size_t n, std::uint64_t value) {
  Limb limb(n);
  std::fill_n(limb.data(), n, value);
  return limb;
}

/// Rows of a table of limbs, as kernels take them.
inline std::vector<const std::uint64_t*> pointers(const std::vector<Limb>& limbs) {
  std::vector<const std::uint64_t*> result;
  for (const Limb& limb : limbs) result.push_back(limb.data());
  return result;
}

}  // namespace obscura::fhe::kernels::test
