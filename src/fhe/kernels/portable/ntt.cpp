#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {
namespace {

using arith::Modulus;
using arith::ShoupFactor;

// Harvey's butterflies: x, y < 4q in and out.
void forward_group(std::uint64_t* x, std::uint64_t* y, std::size_t half, ShoupFactor w, const Modulus& q) {
  const std::uint64_t twice = 2 * q.value();
  for (std::size_t j = 0; j < half; ++j) {
    const std::uint64_t u = arith::reduce_once(x[j], twice);
    const std::uint64_t v = arith::mul_shoup_lazy(y[j], w, q);
    x[j] = u + v;
    y[j] = u - v + twice;
  }
}

// x, y < 2q in and out.
void inverse_group(std::uint64_t* x, std::uint64_t* y, std::size_t half, ShoupFactor w, const Modulus& q) {
  const std::uint64_t twice = 2 * q.value();
  for (std::size_t j = 0; j < half; ++j) {
    const std::uint64_t u = x[j];
    const std::uint64_t v = y[j];
    x[j] = arith::reduce_once(u + v, twice);
    y[j] = arith::mul_shoup_lazy(u - v + twice, w, q);
  }
}

}  // namespace

void ntt_forward(std::uint64_t* x, const NttTables& tables) {
  const Modulus& q = tables.q;
  const std::size_t n = tables.size();
  for (std::size_t m = 1, half = n / 2; m < n; m *= 2, half /= 2) {
    for (std::size_t i = 0; i < m; ++i) {
      const std::size_t at = tables.position(m, i);
      std::uint64_t* group = x + 2 * i * half;
      forward_group(group, group + half, half, {tables.forward_w[at], tables.forward_quotient[at]}, q);
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    x[j] = arith::reduce_once(arith::reduce_once(x[j], 2 * q.value()), q.value());
  }
}

void ntt_inverse(std::uint64_t* x, const NttTables& tables) {
  const Modulus& q = tables.q;
  const std::size_t n = tables.size();
  for (std::size_t m = n / 2, half = 1; m > 1; m /= 2, half *= 2) {
    for (std::size_t i = 0; i < m; ++i) {
      const std::size_t at = tables.position(m, i);
      std::uint64_t* group = x + 2 * i * half;
      inverse_group(group, group + half, half, {tables.inverse_w[at], tables.inverse_quotient[at]}, q);
    }
  }
  const std::size_t half = n / 2;
  for (std::size_t j = 0; j < half; ++j) {
    const std::uint64_t u = x[j];
    const std::uint64_t v = x[j + half];
    x[j] = arith::mul_shoup(u + v, tables.n_inverse, q);
    x[j + half] = arith::mul_shoup(u - v + 2 * q.value(), tables.n_inverse_last, q);
  }
}

}  // namespace obscura::fhe::kernels::portable
