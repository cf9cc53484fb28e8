#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {

using arith::Modulus;
using arith::u128;

// Products stay below 2^100, so 2^28 of them fit 128 bits.
void inner_product(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b, std::size_t terms,
                   std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    u128 sum = 0;
    for (std::size_t t = 0; t < terms; ++t) sum += u128{a[t][i]} * b[t][i];
    out[i] = arith::reduce128(sum, q);
  }
}

void inner_product_pair(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                        const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                        std::size_t n, const Modulus& q, bool accumulate) {
  for (std::size_t i = 0; i < n; ++i) {
    u128 sum0 = accumulate ? out0[i] : 0;
    u128 sum1 = accumulate ? out1[i] : 0;
    for (std::size_t t = 0; t < terms; ++t) {
      sum0 += u128{a[t][i]} * b0[t][i];
      sum1 += u128{a[t][i]} * b1[t][i];
    }
    out0[i] = arith::reduce128(sum0, q);
    out1[i] = arith::reduce128(sum1, q);
  }
}

}  // namespace obscura::fhe::kernels::portable
