#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {

using arith::Modulus;

void add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::add_mod(a[i], b[i], q);
}

void sub(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::sub_mod(a[i], b[i], q);
}

void negate(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::neg_mod(a[i], q);
}

void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::mul_mod(a[i], b[i], q);
}

void multiply_add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::add_mod(out[i], arith::mul_mod(a[i], b[i], q), q);
}

void multiply_scalar(std::uint64_t* out, const std::uint64_t* a, std::size_t n, arith::ShoupFactor w,
                     const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::mul_shoup(a[i], w, q);
}

void subtract_multiply_scalar(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                              arith::ShoupFactor w, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) out[i] = arith::mul_shoup(a[i] - b[i] + q.value(), w, q);
}

void permute(std::uint64_t* out, const std::uint64_t* a, const Permutation& permutation, std::size_t n) {
  constexpr std::size_t kEight = 8;
  for (std::size_t d = 0; d < n / kEight; ++d) {
    const std::uint32_t from = permutation.from[d];
    const std::uint64_t* source = a + from / kEight * kEight;
    for (std::size_t l = 0; l < kEight; ++l) out[kEight * d + l] = source[permutation.lanes[from % kEight][l]];
  }
}

}  // namespace obscura::fhe::kernels::portable
