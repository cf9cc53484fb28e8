#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/vector.hpp"

namespace obscura::fhe::kernels::avx2 {

using arith::Modulus;

[[gnu::flatten]] void inner_product(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b,
                                    std::size_t terms, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLine) {
    Doubles sums[kLineVectors] = {};
    for (std::size_t t = 0; t < terms; ++t) {
      const bool is_full = t > 0 && t % kProductsPerReduction == 0;
      unrolled<kLineVectors>([&](auto k) {
        const std::size_t at = i + k * kLanes;
        if (is_full) sums[k] = reduce(sums[k], m);
        sums[k] = _mm256_add_pd(sums[k], multiply(load_doubles(a[t] + at), load_doubles(b[t] + at), m));
      });
    }
    unrolled<kLineVectors>([&](auto k) { store(out + i + k * kLanes, canonical(reduce(sums[k], m), m)); });
  }
}

[[gnu::flatten]] void inner_product_pair(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                                         const std::uint64_t* const* b0, const std::uint64_t* const* b1,
                                         std::size_t terms, std::size_t n, const Modulus& q, bool accumulate) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLine) {
    Doubles sums0[kLineVectors] = {};
    Doubles sums1[kLineVectors] = {};
    if (accumulate) {
      unrolled<kLineVectors>([&](auto k) {
        sums0[k] = load_doubles(out0 + i + k * kLanes);
        sums1[k] = load_doubles(out1 + i + k * kLanes);
      });
    }
    for (std::size_t t = 0; t < terms; ++t) {
      const bool is_full = t > 0 && t % kProductsPerReduction == 0;
      unrolled<kLineVectors>([&](auto k) {
        const std::size_t at = i + k * kLanes;
        if (is_full) sums0[k] = reduce(sums0[k], m);
        if (is_full) sums1[k] = reduce(sums1[k], m);
        const Doubles factor = load_doubles(a[t] + at);
        sums0[k] = _mm256_add_pd(sums0[k], multiply(factor, load_doubles(b0[t] + at), m));
        sums1[k] = _mm256_add_pd(sums1[k], multiply(factor, load_doubles(b1[t] + at), m));
      });
    }
    unrolled<kLineVectors>([&](auto k) {
      store(out0 + i + k * kLanes, canonical(reduce(sums0[k], m), m));
      store(out1 + i + k * kLanes, canonical(reduce(sums1[k], m), m));
    });
  }
}

}  // namespace obscura::fhe::kernels::avx2
