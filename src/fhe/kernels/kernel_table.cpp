#include "fhe/kernels/kernel_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fhe/kernels/portable/portable.hpp"
#if defined(OBSCURA_VECTOR_KERNELS)
#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#endif

namespace obscura::fhe::kernels {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"portable", "avx2", "avx512ifma"};

}  // namespace

namespace {

template <auto kInverse, auto kScale>
void invert_and_scale(std::uint64_t* out, const std::uint64_t* x, const NttTables& tables, arith::ShoupFactor w) {
  const std::size_t n = tables.size();
  if (out != x) std::memcpy(out, x, n * sizeof(std::uint64_t));
  kInverse(out, tables);
  kScale(out, out, n, w, tables.q);
}

/// A lift that is canonical, by the multiples' factors.
template <auto kConvert>
void convert_each(const LiftTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                  std::size_t inputs, std::size_t n) {
  constexpr std::size_t kAtOnce = 4;
  std::array<ConversionTarget, kAtOnce> sums{};
  for (std::size_t done = 0; done < target_count; done += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, target_count - done);
    for (std::size_t t = 0; t < count; ++t) sums[t] = targets[done + t].sum;
    kConvert(sums.data(), count, scaled_in, inputs, n);
  }
}

}  // namespace

const KernelTable& portable_kernels() {
  static constexpr KernelTable kTable = {
      .name = "portable",
      .ntt_forward = portable::ntt_forward,
      .ntt_inverse = portable::ntt_inverse,
      .ntt_inverse_scaled = invert_and_scale<portable::ntt_inverse, portable::multiply_scalar>,
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
      .lift = convert_each<portable::base_convert>,
      .round_quotients = portable::round_quotients,
      .permute = portable::permute,
      .from_signed = portable::from_signed,
      .from_small = portable::from_small,
      .uniform = portable::uniform,
  };
  return kTable;
}

const KernelTable* avx512ifma_kernels() {
#if defined(OBSCURA_VECTOR_KERNELS)
  static constexpr KernelTable kTable = {
      .name = "avx512ifma",
      .ntt_forward = avx512ifma::ntt_forward,
      .ntt_inverse = avx512ifma::ntt_inverse,
      .ntt_inverse_scaled = avx512ifma::ntt_inverse_scaled,
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
      .lift = avx512ifma::lift,
      .round_quotients = avx512ifma::round_quotients,
      .permute = avx512ifma::permute,
      .from_signed = avx512ifma::from_signed,
      .from_small = avx512ifma::from_small,
      .uniform = avx512ifma::uniform,
  };
  const bool can_run = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi");
  return can_run ? &kTable : nullptr;
#else
  return nullptr;
#endif
}

const KernelTable* avx2_kernels() {
#if defined(OBSCURA_VECTOR_KERNELS)
  static constexpr KernelTable kTable = {
      .name = "avx2",
      .ntt_forward = avx2::ntt_forward,
      .ntt_inverse = avx2::ntt_inverse,
      .ntt_inverse_scaled = invert_and_scale<avx2::ntt_inverse, avx2::multiply_scalar>,
      .add = avx2::add,
      .sub = avx2::sub,
      .negate = avx2::negate,
      .multiply = avx2::multiply,
      .multiply_add = avx2::multiply_add,
      .multiply_scalar = avx2::multiply_scalar,
      .subtract_multiply_scalar = avx2::subtract_multiply_scalar,
      .inner_product = avx2::inner_product,
      .inner_product_pair = avx2::inner_product_pair,
      .switch_limb = [](const SwitchLimb& job) { compose_switch_limb(*avx2_kernels(), job); },
      .tensor = avx2::tensor,
      .tensor_sum = avx2::tensor_sum,
      .square = avx2::square,
      .reduce_centered = avx2::reduce_centered,
      .base_convert = avx2::base_convert,
      .lift = convert_each<avx2::base_convert>,
      .round_quotients = avx2::round_quotients,
      .permute = avx2::permute,
      .from_signed = avx2::from_signed,
      .from_small = avx2::from_small,
      .uniform = avx2::uniform,
  };
  const bool can_run =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  return can_run ? &kTable : nullptr;
#else
  return nullptr;
#endif
}

std::vector<const KernelTable*> available_kernels() {
  std::vector<const KernelTable*> sets = {avx512ifma_kernels(), avx2_kernels(), &portable_kernels()};
  std::erase(sets, nullptr);
  return sets;
}

base::Result<const KernelTable*> choose_kernels(std::string_view forced) {
  const std::vector<const KernelTable*> sets = available_kernels();
  if (forced.empty()) return sets.front();
  for (const KernelTable* set : sets) {
    if (forced == set->name) return set;
  }
  if (std::ranges::find(kNames, forced) != kNames.end()) {
    return base::fail(base::ErrorCode::kUnsupported, fmt::format("This processor cannot run the {} kernels.", forced),
                      "Leave the choice of kernels open, or ask for portable.");
  }
  return base::fail(base::ErrorCode::kUsage, fmt::format("There is no kernel set named \"{}\".", forced),
                    "Known sets: portable, avx2, avx512ifma.");
}

}  // namespace obscura::fhe::kernels
