#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {

using arith::Modulus;
using arith::u128;

void tensor(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            const std::uint64_t* b0, const std::uint64_t* b1, std::size_t n, const Modulus& q) {
  tensor_sum(d0, d1, d2, &a0, &a1, &b0, &b1, 1, n, q);
}

void tensor_sum(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* const* a0,
                const std::uint64_t* const* a1, const std::uint64_t* const* b0, const std::uint64_t* const* b1,
                std::size_t terms, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    u128 sum0 = 0;
    u128 sum1 = 0;
    u128 sum2 = 0;
    for (std::size_t t = 0; t < terms; ++t) {
      const std::uint64_t x0 = a0[t][i];
      const std::uint64_t x1 = a1[t][i];
      const std::uint64_t y0 = b0[t][i];
      const std::uint64_t y1 = b1[t][i];
      sum0 += u128{x0} * y0;
      sum1 += u128{x0} * y1 + u128{x1} * y0;
      sum2 += u128{x1} * y1;
    }
    d0[i] = arith::reduce128(sum0, q);
    d1[i] = arith::reduce128(sum1, q);
    d2[i] = arith::reduce128(sum2, q);
  }
}

void square(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t x0 = a0[i];
    const std::uint64_t x1 = a1[i];
    const std::uint64_t cross = arith::mul_mod(x0, x1, q);
    d0[i] = arith::mul_mod(x0, x0, q);
    d1[i] = arith::add_mod(cross, cross, q);
    d2[i] = arith::mul_mod(x1, x1, q);
  }
}

}  // namespace obscura::fhe::kernels::portable
