#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/vector.hpp"

namespace obscura::fhe::kernels::avx2 {
namespace {

using arith::Modulus;

// The three sums of a tensor product.
struct TensorSums {
  Doubles sum0 = _mm256_setzero_pd();
  Doubles sum1 = _mm256_setzero_pd();
  Doubles sum2 = _mm256_setzero_pd();

  void add(Doubles a0, Doubles a1, Doubles b0, Doubles b1, const VectorModulus& m) {
    sum0 = _mm256_add_pd(sum0, multiply(a0, b0, m));
    sum1 = _mm256_add_pd(sum1, _mm256_add_pd(multiply(a0, b1, m), multiply(a1, b0, m)));
    sum2 = _mm256_add_pd(sum2, multiply(a1, b1, m));
  }
  void reduce_all(const VectorModulus& m) {
    sum0 = reduce(sum0, m);
    sum1 = reduce(sum1, m);
    sum2 = reduce(sum2, m);
  }
};

}  // namespace

void tensor(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            const std::uint64_t* b0, const std::uint64_t* b1, std::size_t n, const Modulus& q) {
  tensor_sum(d0, d1, d2, &a0, &a1, &b0, &b1, 1, n, q);
}

[[gnu::flatten]] void tensor_sum(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2,
                                 const std::uint64_t* const* a0, const std::uint64_t* const* a1,
                                 const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                                 std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  constexpr std::size_t kTermsPerReduction = kProductsPerReduction / 2;  // sum1 takes two products a term
  for (std::size_t i = 0; i < n; i += kLine) {
    TensorSums sums[kLineVectors];
    for (std::size_t t = 0; t < terms; ++t) {
      const bool is_full = t > 0 && t % kTermsPerReduction == 0;
      unrolled<kLineVectors>([&](auto k) {
        const std::size_t at = i + k * kLanes;
        if (is_full) sums[k].reduce_all(m);
        sums[k].add(load_doubles(a0[t] + at), load_doubles(a1[t] + at), load_doubles(b0[t] + at),
                    load_doubles(b1[t] + at), m);
      });
    }
    unrolled<kLineVectors>([&](auto k) {
      sums[k].reduce_all(m);
      store(d0 + i + k * kLanes, canonical(sums[k].sum0, m));
      store(d1 + i + k * kLanes, canonical(sums[k].sum1, m));
      store(d2 + i + k * kLanes, canonical(sums[k].sum2, m));
    });
  }
}

void square(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Doubles x0 = load_doubles(a0 + i);
    const Doubles x1 = load_doubles(a1 + i);
    const Doubles cross = multiply(x0, x1, m);
    store(d0 + i, canonical(multiply(x0, x0, m), m));
    store(d1 + i, canonical(reduce(_mm256_add_pd(cross, cross), m), m));
    store(d2 + i, canonical(multiply(x1, x1, m), m));
  }
}

}  // namespace obscura::fhe::kernels::avx2
