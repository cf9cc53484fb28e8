#include "fhe/kernels/ntt_tables.hpp"

#include <algorithm>
#include <new>

#include "base/check.hpp"
#include "fhe/arith/primes.hpp"
#include "fhe/kernels/evaluation_order.hpp"

namespace obscura::fhe::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};

// Factor psi^bitrev(m + i), and its inverse, for every group of every stage.
void fill_factors(NttTables& tables) {
  const arith::Modulus& q = tables.q;
  const std::size_t n = tables.size();
  const std::uint64_t psi_inverse = arith::inv_mod(tables.psi, q);
  std::uint64_t power = 1;
  std::uint64_t inverse_power = 1;
  for (std::size_t exponent = 0; exponent < n; ++exponent) {
    const std::size_t k = evaluation_index(tables.log_n, 2 * exponent + 1);  // bitrev(exponent)
    if (k != 0) {
      std::size_t m = 1;
      while (2 * m <= k) m *= 2;
      const std::size_t at = tables.position(m, k - m);
      const arith::ShoupFactor forward = arith::make_shoup(power, q);
      const arith::ShoupFactor inverse = arith::make_shoup(inverse_power, q);
      tables.forward_w[at] = forward.w;
      tables.forward_quotient[at] = forward.w_quotient;
      tables.inverse_w[at] = inverse.w;
      tables.inverse_quotient[at] = inverse.w_quotient;
    }
    power = arith::mul_mod(power, tables.psi, q);
    inverse_power = arith::mul_mod(inverse_power, psi_inverse, q);
  }
}

}  // namespace

void WordsDeleter::operator()(std::uint64_t* words) const {
  ::operator delete[](words, kAlignment);
}

AlignedWords allocate_words(std::size_t count) {
  auto* words = static_cast<std::uint64_t*>(::operator new[](count * sizeof(std::uint64_t), kAlignment));
  std::fill_n(words, count, 0);
  return AlignedWords(words);
}

NttTables NttTables::build(const arith::Modulus& q, int log_n) {
  OBSCURA_CHECK(log_n >= 3 && log_n <= 17, "N is 2^3 to 2^17");
  const std::size_t n = std::size_t{1} << log_n;
  NttTables tables{.q = q,
                   .log_n = log_n,
                   .psi = arith::primitive_root_2n(q, log_n),
                   .forward_w = allocate_words(n),
                   .forward_quotient = allocate_words(n),
                   .inverse_w = allocate_words(n),
                   .inverse_quotient = allocate_words(n),
                   .n_inverse = arith::make_shoup(arith::inv_mod(arith::reduce(n, q), q), q),
                   .n_inverse_last = {}};
  fill_factors(tables);
  const std::uint64_t last = tables.inverse_w[tables.position(1, 0)];
  tables.n_inverse_last = arith::make_shoup(arith::mul_shoup(last, tables.n_inverse, q), q);
  return tables;
}

std::size_t NttTables::position(std::size_t m, std::size_t i) const {
  const std::size_t n = size();
  if (n >= 64 && m == n / 4) return m + (i & ~std::size_t{15}) + 8 * (i & 1) + ((i & 15) >> 1);
  if (n >= 64 && m == n / 2) return m + (i & ~std::size_t{31}) + 8 * (i & 3) + ((i & 31) >> 2);
  return m + i;
}

}  // namespace obscura::fhe::kernels
