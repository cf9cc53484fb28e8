#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/sum_terms.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

using arith::Modulus;

// Two sums that share one factor.
struct PairAccumulator {
  Accumulator sum0;
  Accumulator sum1;

  void fold(const VectorModulus& m) {
    sum0.fold(m);
    sum1.fold(m);
  }
};

}  // namespace

[[gnu::flatten]] void inner_product(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b,
                                    std::size_t terms, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  sum_terms<4, Accumulator>(
      terms, n, products_per_fold(q.bits(), q.bits()), m, [](std::size_t) { return Accumulator{}; },
      [&](Accumulator& sum, std::size_t t, std::size_t i) { sum.add_product(load(a[t] + i), load(b[t] + i)); },
      [&](std::size_t i, const Accumulator& sum) { store(out + i, sum.reduced(m)); });
}

[[gnu::flatten]] void inner_product_pair(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                                         const std::uint64_t* const* b0, const std::uint64_t* const* b1,
                                         std::size_t terms, std::size_t n, const Modulus& q, bool accumulate) {
  const VectorModulus m(q);
  sum_terms<4, PairAccumulator>(
      terms, n, products_per_fold(q.bits(), q.bits()), m,
      [&](std::size_t i) {
        PairAccumulator sums;
        if (accumulate) {
          sums.sum0.low = load(out0 + i);
          sums.sum1.low = load(out1 + i);
        }
        return sums;
      },
      [&](PairAccumulator& sums, std::size_t t, std::size_t i) {
        const Vector factor = load(a[t] + i);
        sums.sum0.add_product(factor, load(b0[t] + i));
        sums.sum1.add_product(factor, load(b1[t] + i));
      },
      [&](std::size_t i, const PairAccumulator& sums) {
        store(out0 + i, sums.sum0.reduced(m));
        store(out1 + i, sums.sum1.reduced(m));
      });
}

}  // namespace obscura::fhe::kernels::avx512ifma
