#include <algorithm>

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {

using arith::Modulus;

void inner_product(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b, std::size_t terms,
                   std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  const std::size_t per_fold = products_per_fold(q.bits(), q.bits());
  for (std::size_t i = 0; i < n; i += kLanes) {
    Accumulator sum;
    for (std::size_t first = 0; first < terms; first += per_fold) {
      if (first != 0) sum.fold(m);
      const std::size_t end = std::min(terms, first + per_fold);
      for (std::size_t t = first; t < end; ++t) sum.add_product(load(a[t] + i), load(b[t] + i));
    }
    store(out + i, sum.reduced(m));
  }
}

void inner_product_pair(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                        const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                        std::size_t n, const Modulus& q, bool accumulate) {
  const VectorModulus m(q);
  const std::size_t per_fold = products_per_fold(q.bits(), q.bits());
  for (std::size_t i = 0; i < n; i += kLanes) {
    Accumulator sum0{.low = accumulate ? load(out0 + i) : zero()};
    Accumulator sum1{.low = accumulate ? load(out1 + i) : zero()};
    for (std::size_t first = 0; first < terms; first += per_fold) {
      if (first != 0) {
        sum0.fold(m);
        sum1.fold(m);
      }
      const std::size_t end = std::min(terms, first + per_fold);
      for (std::size_t t = first; t < end; ++t) {
        const Vector factor = load(a[t] + i);
        sum0.add_product(factor, load(b0[t] + i));
        sum1.add_product(factor, load(b1[t] + i));
      }
    }
    store(out0 + i, sum0.reduced(m));
    store(out1 + i, sum1.reduced(m));
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
