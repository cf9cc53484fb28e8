#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

using arith::Modulus;

Vector difference(Vector a, Vector b, Vector q) {
  const Vector d = sub64(a, b);
  return _mm512_min_epu64(d, add64(d, q));
}

}  // namespace

void add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const Vector bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) store(out + i, reduce_once(add64(load(a + i), load(b + i)), bound));
}

void sub(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const Vector bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) store(out + i, difference(load(a + i), load(b + i), bound));
}

void negate(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& q) {
  const Vector bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) store(out + i, difference(zero(), load(a + i), bound));
}

void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    Accumulator sum;
    sum.add_product(load(a + i), load(b + i));
    store(out + i, sum.reduced(m));
  }
}

void multiply_add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    Accumulator sum{.low = load(out + i)};
    sum.add_product(load(a + i), load(b + i));
    store(out + i, sum.reduced(m));
  }
}

void multiply_scalar(std::uint64_t* out, const std::uint64_t* a, std::size_t n, arith::ShoupFactor w,
                     const Modulus& q) {
  const VectorModulus m(q);
  const Vector factor = broadcast(w.w);
  const Vector quotient = broadcast(w.w_quotient);
  for (std::size_t i = 0; i < n; i += kLanes) {
    store(out + i, reduce_once(multiply_lazy(load(a + i), factor, quotient, m), m.q));
  }
}

void subtract_multiply_scalar(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                              arith::ShoupFactor w, const Modulus& q) {
  const VectorModulus m(q);
  const Vector factor = broadcast(w.w);
  const Vector quotient = broadcast(w.w_quotient);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Vector d = sub64(add64(load(a + i), m.q), load(b + i));
    store(out + i, reduce_once(multiply_lazy(d, factor, quotient, m), m.q));
  }
}

void permute(std::uint64_t* out, const std::uint64_t* a, const Permutation& permutation, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::uint32_t from = permutation.from[i / kLanes];
    const Vector lanes = load(permutation.lanes[from % kLanes].data());
    store(out + i, _mm512_permutexvar_epi64(lanes, load(a + from / kLanes * kLanes)));
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
