#include "fhe/kernels/kernel_table.hpp"

#include <fmt/format.h>

#include "fhe/kernels/portable/portable.hpp"
#if defined(__x86_64__)
#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#endif

namespace obscura::fhe::kernels {

const KernelTable& portable_kernels() {
  static constexpr KernelTable kTable = {
      .name = "portable",
      .ntt_forward = portable::ntt_forward,
      .ntt_inverse = portable::ntt_inverse,
      .add = portable::add,
      .sub = portable::sub,
      .negate = portable::negate,
      .multiply = portable::multiply,
      .multiply_add = portable::multiply_add,
      .multiply_scalar = portable::multiply_scalar,
      .subtract_multiply_scalar = portable::subtract_multiply_scalar,
      .inner_product = portable::inner_product,
      .inner_product_pair = portable::inner_product_pair,
      .tensor = portable::tensor,
      .tensor_sum = portable::tensor_sum,
      .square = portable::square,
      .reduce_centered = portable::reduce_centered,
      .base_convert = portable::base_convert,
      .permute = portable::permute,
      .from_signed = portable::from_signed,
      .from_small = portable::from_small,
  };
  return kTable;
}

const KernelTable* avx512ifma_kernels() {
  return nullptr;
}

base::Result<const KernelTable*> choose_kernels(std::string_view forced) {
  const KernelTable* vector = avx512ifma_kernels();
  if (forced.empty()) return vector != nullptr ? vector : &portable_kernels();
  if (forced == "portable") return &portable_kernels();
  if (forced == "avx512ifma") {
    if (vector != nullptr) return vector;
    return base::fail(base::ErrorCode::kUnsupported, "This processor cannot run the avx512ifma kernels.",
                      "Leave the choice of kernels open, or ask for portable.");
  }
  return base::fail(base::ErrorCode::kUsage, fmt::format("There is no kernel set named \"{}\".", forced),
                    "Known sets: portable, avx512ifma.");
}

}  // namespace obscura::fhe::kernels
