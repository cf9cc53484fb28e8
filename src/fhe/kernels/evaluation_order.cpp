#include "fhe/kernels/evaluation_order.hpp"

#include "base/check.hpp"

namespace obscura::fhe::kernels {
namespace {

std::size_t bit_reverse(std::size_t value, int bits) {
  std::size_t reversed = 0;
  for (int i = 0; i < bits; ++i) reversed |= ((value >> i) & 1) << (bits - 1 - i);
  return reversed;
}

}  // namespace

std::uint32_t evaluation_exponent(int log_n, std::size_t index) {
  return static_cast<std::uint32_t>(2 * bit_reverse(index, log_n) + 1);
}

std::size_t evaluation_index(int log_n, std::uint64_t exponent) {
  OBSCURA_CHECK((exponent & 1) == 1, "evaluations are at odd powers of psi");
  const std::uint64_t wrapped = exponent & ((std::uint64_t{2} << log_n) - 1);
  return bit_reverse(wrapped >> 1, log_n);
}

std::vector<std::uint32_t> automorphism_index(int log_n, std::uint64_t galois_element) {
  std::vector<std::uint32_t> index(std::size_t{1} << log_n);
  const std::uint64_t mask = (std::uint64_t{2} << log_n) - 1;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::uint64_t exponent = evaluation_exponent(log_n, i) * (galois_element & mask);
    index[i] = static_cast<std::uint32_t>(evaluation_index(log_n, exponent));
  }
  return index;
}

Permutation automorphism_permutation(int log_n, std::uint64_t galois_element) {
  constexpr std::size_t kEight = 8;
  const std::vector<std::uint32_t> index = automorphism_index(log_n, galois_element);
  OBSCURA_CHECK(index.size() >= kEight, "a permutation of eights needs N >= 8");
  Permutation result;
  result.from.resize(index.size() / kEight);
  result.to.resize(index.size() / kEight);
  std::size_t ways = 0;
  for (std::size_t d = 0; d < result.from.size(); ++d) {
    std::array<std::uint64_t, kEight> lanes{};
    for (std::size_t l = 0; l < kEight; ++l) lanes[l] = index[kEight * d + l] % kEight;
    std::size_t way = 0;
    while (way < ways && result.lanes[way] != lanes) ++way;
    OBSCURA_CHECK(way < kEight, "an automorphism permutes eights in at most eight ways");
    if (way == ways) result.lanes[ways++] = lanes;
    const std::size_t source = index[kEight * d] / kEight;
    result.from[d] = static_cast<std::uint32_t>(kEight * source + way);
    result.to[source] = static_cast<std::uint32_t>(kEight * d + way);
  }
  return result;
}

}  // namespace obscura::fhe::kernels
