#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/sum_terms.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

using arith::Modulus;

// The three sums of a tensor product.
struct TensorAccumulator {
  Accumulator sum0;
  Accumulator sum1;
  Accumulator sum2;

  void add(Vector a0, Vector a1, Vector b0, Vector b1) {
    sum0.add_product(a0, b0);
    sum1.add_product(a0, b1);
    sum1.add_product(a1, b0);
    sum2.add_product(a1, b1);
  }
  void fold(const VectorModulus& m) {
    sum0.fold(m);
    sum1.fold(m);
    sum2.fold(m);
  }
};

}  // namespace

void tensor(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            const std::uint64_t* b0, const std::uint64_t* b1, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    TensorAccumulator sums;
    sums.add(load(a0 + i), load(a1 + i), load(b0 + i), load(b1 + i));
    store(d0 + i, sums.sum0.reduced(m));
    store(d1 + i, sums.sum1.reduced(m));
    store(d2 + i, sums.sum2.reduced(m));
  }
}

[[gnu::flatten]] void tensor_sum(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2,
                                 const std::uint64_t* const* a0, const std::uint64_t* const* a1,
                                 const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                                 std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  const std::size_t per_fold = products_per_fold(q.bits(), q.bits()) / 2;  // sum1 takes two a term
  sum_terms<2, TensorAccumulator>(
      terms, n, per_fold, m, [](std::size_t) { return TensorAccumulator{}; },
      [&](TensorAccumulator& sums, std::size_t t, std::size_t i) {
        sums.add(load(a0[t] + i), load(a1[t] + i), load(b0[t] + i), load(b1[t] + i));
      },
      [&](std::size_t i, const TensorAccumulator& sums) {
        store(d0 + i, sums.sum0.reduced(m));
        store(d1 + i, sums.sum1.reduced(m));
        store(d2 + i, sums.sum2.reduced(m));
      });
}

void square(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Vector x0 = load(a0 + i);
    const Vector x1 = load(a1 + i);
    Accumulator sum0;
    Accumulator sum1;
    Accumulator sum2;
    sum0.add_product(x0, x0);
    sum1.add_product(add64(x0, x0), x1);
    sum2.add_product(x1, x1);
    store(d0 + i, sum0.reduced(m));
    store(d1 + i, sum1.reduced(m));
    store(d2 + i, sum2.reduced(m));
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
