#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {

using arith::Modulus;
using arith::u128;

void reduce_centered(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& from,
                     const Modulus& to) {
  const std::uint64_t half = from.value() / 2;
  const std::uint64_t wrap = arith::reduce(from.value(), to);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t is_negative = std::uint64_t{0} - ((half - a[i]) >> 63);
    out[i] = arith::sub_mod(arith::reduce(a[i], to), wrap & is_negative, to);
  }
}

void base_convert(std::uint64_t* out, const std::uint64_t* const* scaled_in, const std::uint64_t* factors,
                  std::size_t inputs, std::size_t n, const Modulus& to) {
  for (std::size_t i = 0; i < n; ++i) {
    u128 sum = 0;
    for (std::size_t k = 0; k < inputs; ++k) sum += u128{scaled_in[k][i]} * factors[k];
    out[i] = arith::reduce128(sum, to);
  }
}

void from_signed(std::uint64_t* out, const std::int64_t* in, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = static_cast<std::uint64_t>(in[i]);
    const std::uint64_t sign = std::uint64_t{0} - (word >> 63);
    const std::uint64_t residue = arith::reduce((word ^ sign) - sign, q);
    out[i] = residue ^ ((residue ^ arith::neg_mod(residue, q)) & sign);
  }
}

void from_small(std::uint64_t* out, const std::int8_t* in, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = static_cast<std::uint64_t>(static_cast<std::int64_t>(in[i]));
    out[i] = word + (q.value() & (std::uint64_t{0} - (word >> 63)));
  }
}

}  // namespace obscura::fhe::kernels::portable
