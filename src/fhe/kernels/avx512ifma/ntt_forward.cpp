#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/forward_transform.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

struct Nothing {
  void operator()(std::size_t, std::size_t) const {}
  [[nodiscard]] Ahead ahead(std::size_t, std::size_t) const { return {}; }
};

}  // namespace

void ntt_forward(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_forward(x, tables);
  const VectorModulus m(tables.q);
  forward_transform<true, false>(std::span(&x, 1), tables, m, Nothing{});
}

}  // namespace obscura::fhe::kernels::avx512ifma
