#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fhe/kernels/avx512ifma/vector.hpp"
#include "fhe/kernels/ntt_tables.hpp"

/// What the forward and the inverse transform share: how 2^log_n coefficients are cut into passes.
namespace obscura::fhe::kernels::avx512ifma {

/// Limbs below this go to the portable transform.
inline constexpr int kLeastLogN = 7;

/// Blocks of 64 coefficients do their six stages in registers.
inline constexpr int kLogLeaf = 6;
inline constexpr std::size_t kLeaf = std::size_t{1} << kLogLeaf;

/// Stages of the pass that splits a block of 2^log_block coefficients, index log_block - 6. The
/// parts of large blocks are 4096 coefficients, which stay in the first-level cache to the end.
inline constexpr std::array<int, 12> kPassStages = {0, 1, 2, 3, 4, 2, 3, 4, 4, 3, 4, 4};

/// From this size on a modulus leaves too little of 52 bits for unreduced sums over several stages.
inline constexpr int kRoomyBits = 46;

/// Factors and quotients of one direction. Group i of the stage with m groups is node m + i; the
/// groups that a node splits into are nodes 2 * node and 2 * node + 1 (NttTables::position aside).
struct Twiddles {
  const std::uint64_t* w;
  const std::uint64_t* w_quotient;
};

}  // namespace obscura::fhe::kernels::avx512ifma
