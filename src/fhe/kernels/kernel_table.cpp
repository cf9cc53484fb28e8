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
      .switch_limb = [](const SwitchLimb& job) { compose_switch_limb(portable_kernels(), job); },
      .tensor = portable::tensor,
      .tensor_sum = portable::tensor_sum,
      .square = portable::square,
      .reduce_centered = portable::reduce_centered,
      .base_convert = portable::base_convert,
      .round_quotients = portable::round_quotients,
      .permute = portable::permute,
      .from_signed = portable::from_signed,
      .from_small = portable::from_small,
  };
  return kTable;
}

const KernelTable* avx512ifma_kernels() {
#if defined(__x86_64__)
  static constexpr KernelTable kTable = {
      .name = "avx512ifma",
      .ntt_forward = avx512ifma::ntt_forward,
      .ntt_inverse = avx512ifma::ntt_inverse,
      .add = avx512ifma::add,
      .sub = avx512ifma::sub,
      .negate = avx512ifma::negate,
      .multiply = avx512ifma::multiply,
      .multiply_add = avx512ifma::multiply_add,
      .multiply_scalar = avx512ifma::multiply_scalar,
      .subtract_multiply_scalar = avx512ifma::subtract_multiply_scalar,
      .inner_product = avx512ifma::inner_product,
      .inner_product_pair = avx512ifma::inner_product_pair,
      .switch_limb = avx512ifma::switch_limb,
      .tensor = avx512ifma::tensor,
      .tensor_sum = avx512ifma::tensor_sum,
      .square = avx512ifma::square,
      .reduce_centered = avx512ifma::reduce_centered,
      .base_convert = avx512ifma::base_convert,
      .round_quotients = avx512ifma::round_quotients,
      .permute = avx512ifma::permute,
      .from_signed = avx512ifma::from_signed,
      .from_small = avx512ifma::from_small,
  };
  const bool can_run = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi");
  return can_run ? &kTable : nullptr;
#else
  return nullptr;
#endif
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
