#pragma once

#include <cstdint>
#include <span>

#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/kernels/ntt_tables.hpp"

namespace obscura::fhe::kernels {

/// One limb of a key switch and of the division that may follow it, all modulo tables->q:
///   s_k = start_k + summand_factor * summand_k + sum over d of digits[d] * key_k[d]     (k = 0, 1)
///   out_k = s_k, or (s_k - remainder_k) * inverse + addend_k; under an automorphism; plus what out_k held, if `adds`.
/// Key switching in one sweep: a vector set finishes the transforms of all rows block by block and meets the key, the
/// remainders and the permutation while the block is in the first-level cache.
struct SwitchLimb {
  const NttTables* tables = nullptr;
  /// Rows to be transformed forward, in place: coefficients in [0, 4q). They are scratch: undefined afterwards.
  std::span<std::uint64_t* const> lifted;
  /// The digits in evaluation order; rows of `lifted` appear here too and count as transformed. Others are in [0, q).
  std::span<const std::uint64_t* const> digits;
  std::span<const std::uint64_t* const> key0;  ///< [digits], in [0, q)
  std::span<const std::uint64_t* const> key1;  ///< [digits], in [0, q)
  /// The key of the job that comes next, if that is not the words behind this key: a vector set asks memory for it.
  std::span<const std::uint64_t* const> next_key0 = {};
  std::span<const std::uint64_t* const> next_key1 = {};
  const std::uint64_t* start0 =
      nullptr;  ///< in [0, q), nullptr for 0; may be out0 if there is no permutation nor `adds`
  const std::uint64_t* start1 = nullptr;
  const std::uint64_t* summand0 = nullptr;  ///< in [0, q), nullptr for 0
  const std::uint64_t* summand1 = nullptr;
  std::uint64_t summand_factor = 0;  ///< in [0, q)
  /// Coefficients of the remainders, in [0, 4q); both or none. Scratch: undefined afterwards.
  std::uint64_t* remainder0 = nullptr;
  std::uint64_t* remainder1 = nullptr;
  arith::ShoupFactor inverse{};            ///< of the divisor, where there are remainders
  const std::uint64_t* addend0 = nullptr;  ///< in [0, q), nullptr for 0; only with remainders
  const std::uint64_t* addend1 = nullptr;
  const Permutation* permutation = nullptr;  ///< nullptr for none
  bool adds = false;                         ///< to what the outputs hold
  std::uint64_t* out0 = nullptr;             ///< canonical; aliases nothing but start0
  std::uint64_t* out1 = nullptr;
};

struct KernelTable;

/// switch_limb by the other kernels of `set`, one after the other: for sets without a fused one, and what the fused
/// ones are held to.
void compose_switch_limb(const KernelTable& set, const SwitchLimb& job);

}  // namespace obscura::fhe::kernels
