#pragma once

#include <cstddef>
#include <cstdint>

#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/conversion_target.hpp"
#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/kernels/ntt_tables.hpp"
#include "fhe/kernels/switch_limb.hpp"
#include "fhe/kernels/uniform.hpp"

/// The entries of KernelTable for AVX512-IFMA; contracts stand there. Only a processor that
/// avx512ifma_kernels() has checked may run them.
namespace obscura::fhe::kernels::avx512ifma {

void ntt_forward(std::uint64_t* x, const NttTables& tables);
void ntt_inverse(std::uint64_t* x, const NttTables& tables);
void ntt_inverse_scaled(std::uint64_t* out, const std::uint64_t* x, const NttTables& tables, arith::ShoupFactor w);

void add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const arith::Modulus& q);
void sub(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n, const arith::Modulus& q);
void negate(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const arith::Modulus& q);
void multiply(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
              const arith::Modulus& q);
void multiply_add(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                  const arith::Modulus& q);
void multiply_scalar(std::uint64_t* out, const std::uint64_t* a, std::size_t n, arith::ShoupFactor w,
                     const arith::Modulus& q);
void subtract_multiply_scalar(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                              arith::ShoupFactor w, const arith::Modulus& q);

void inner_product(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b, std::size_t terms,
                   std::size_t n, const arith::Modulus& q);
void inner_product_pair(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                        const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                        std::size_t n, const arith::Modulus& q, bool accumulate);

void switch_limb(const SwitchLimb& job);

void tensor(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            const std::uint64_t* b0, const std::uint64_t* b1, std::size_t n, const arith::Modulus& q);
void tensor_sum(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* const* a0,
                const std::uint64_t* const* a1, const std::uint64_t* const* b0, const std::uint64_t* const* b1,
                std::size_t terms, std::size_t n, const arith::Modulus& q);
void square(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0, const std::uint64_t* a1,
            std::size_t n, const arith::Modulus& q);

void reduce_centered(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const arith::Modulus& from,
                     const arith::Modulus& to);
void base_convert(const ConversionTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                  std::size_t inputs, std::size_t n);
void lift(const LiftTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
          std::size_t inputs, std::size_t n);
void round_quotients(std::uint64_t* out, const std::uint64_t* const* scaled_in, const double* reciprocals,
                     std::size_t inputs, std::size_t n);

void permute(std::uint64_t* out, const std::uint64_t* a, const Permutation& permutation, std::size_t n);
void from_signed(std::uint64_t* out, const std::int64_t* in, std::size_t n, const arith::Modulus& q);
void from_small(std::uint64_t* out, const std::int8_t* in, std::size_t n, const arith::Modulus& q);

void uniform(std::uint64_t* out, std::size_t n, const arith::Modulus& q, const ChaChaState& state);

}  // namespace obscura::fhe::kernels::avx512ifma
