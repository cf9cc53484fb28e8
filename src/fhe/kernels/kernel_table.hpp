#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fhe/arith/modulus.hpp"
#include "fhe/kernels/conversion_target.hpp"
#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/kernels/ntt_tables.hpp"
#include "fhe/kernels/switch_limb.hpp"
#include "fhe/kernels/uniform.hpp"

namespace obscura::fhe::kernels {

/// The loops over one limb, as data: one table per instruction set, chosen once at start and handed
/// down by reference. All sets give bit-equal results.
///
/// Contract of every entry: a limb is n = 2^k >= 8 words at a multiple of 64 bytes; residues are
/// canonical, [0, q), in and out, unless stated; `out` may be the same buffer as an input but may
/// not overlap one partly; no branch and no address depends on a residue. Thread-safe.
struct KernelTable {
  /// "portable", "avx2" or "avx512ifma".
  const char* name;

  /// Negacyclic NTT in place: coefficients, each in [0, 4q), to evaluations in the order of
  /// evaluation_order.hpp, each in [0, q).
  void (*ntt_forward)(std::uint64_t* x, const NttTables& tables);
  /// The inverse, 1/N included: evaluations in [0, q) to coefficients in [0, q).
  void (*ntt_inverse)(std::uint64_t* x, const NttTables& tables);
  /// out = the inverse of x, times w; x may be out. One sweep where a vector set scales in its last stage.
  void (*ntt_inverse_scaled)(std::uint64_t* out, const std::uint64_t* x, const NttTables& tables, arith::ShoupFactor w);

  /// out = a + b, a - b, -a.
  void (*add)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
              const arith::Modulus& q);
  void (*sub)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
              const arith::Modulus& q);
  void (*negate)(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const arith::Modulus& q);

  /// out = a * b, element by element.
  void (*multiply)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                   const arith::Modulus& q);
  /// out = out + a * b.
  void (*multiply_add)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                       const arith::Modulus& q);
  /// out = a * w; a in [0, 2^52).
  void (*multiply_scalar)(std::uint64_t* out, const std::uint64_t* a, std::size_t n, arith::ShoupFactor w,
                          const arith::Modulus& q);
  /// out = (a - b) * w: the tail of rescaling and ModDown.
  void (*subtract_multiply_scalar)(std::uint64_t* out, const std::uint64_t* a, const std::uint64_t* b, std::size_t n,
                                   arith::ShoupFactor w, const arith::Modulus& q);

  /// out = sum over t < terms of a[t] * b[t]; terms >= 1. Accumulated lazily, reduced once.
  void (*inner_product)(std::uint64_t* out, const std::uint64_t* const* a, const std::uint64_t* const* b,
                        std::size_t terms, std::size_t n, const arith::Modulus& q);
  /// out0 = sum a[t] * b0[t] and out1 = sum a[t] * b1[t], each plus its old value if `accumulate`:
  /// the two halves of a key switch. out0 and out1 differ and alias no input.
  void (*inner_product_pair)(std::uint64_t* out0, std::uint64_t* out1, const std::uint64_t* const* a,
                             const std::uint64_t* const* b0, const std::uint64_t* const* b1, std::size_t terms,
                             std::size_t n, const arith::Modulus& q, bool accumulate);

  /// One limb of a key switch, with the transforms before it and the division after it: see SwitchLimb.
  void (*switch_limb)(const SwitchLimb& job);

  /// (d0, d1, d2) = (a0 b0, a0 b1 + a1 b0, a1 b1): the product of two ciphertexts. The outputs
  /// differ from each other and may be inputs.
  void (*tensor)(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0,
                 const std::uint64_t* a1, const std::uint64_t* b0, const std::uint64_t* b1, std::size_t n,
                 const arith::Modulus& q);
  /// The sum over t < terms of the tensor products of (a0[t], a1[t]) and (b0[t], b1[t]); terms >= 1.
  /// The outputs differ from each other and alias no input.
  void (*tensor_sum)(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* const* a0,
                     const std::uint64_t* const* a1, const std::uint64_t* const* b0, const std::uint64_t* const* b1,
                     std::size_t terms, std::size_t n, const arith::Modulus& q);
  /// tensor of (a0, a1) with itself.
  void (*square)(std::uint64_t* d0, std::uint64_t* d1, std::uint64_t* d2, const std::uint64_t* a0,
                 const std::uint64_t* a1, std::size_t n, const arith::Modulus& q);

  /// The integer in (-from/2, from/2] that a stands for modulo `from`, as a residue modulo `to`.
  /// Either prime may be the larger one.
  void (*reduce_centered)(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const arith::Modulus& from,
                          const arith::Modulus& to);
  /// For each target: out = sum over k < inputs of scaled_in[k] * factors[k] modulo its prime; scaled_in[k] in
  /// [0, 2^50) (canonical modulo its own prime), inputs >= 1. The sum of the fast base conversion (Halevi, Polyakov,
  /// Shoup, 2019, section 2.2), as a matrix product: several targets share one trip through the inputs. No out aliases
  /// an input or another out.
  void (*base_convert)(const ConversionTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                       std::size_t inputs, std::size_t n);

  /// base_convert but that each word of an output is only in [0, 4 to), which differs among the sets; the last input
  /// is at most inputs - 1.
  void (*lift)(const LiftTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
               std::size_t inputs, std::size_t n);

  /// out = round(sum over k < inputs of scaled_in[k] * reciprocals[k]): by how many multiples of the product of the
  /// input primes the sum above is too large. In double precision, summed in this order, every product rounded, so that
  /// all sets agree to the bit; ties go to even. scaled_in[k] in [0, 2^50), the result below 2^50; inputs >= 1. out
  /// aliases no input.
  void (*round_quotients)(std::uint64_t* out, const std::uint64_t* const* scaled_in, const double* reciprocals,
                          std::size_t inputs, std::size_t n);

  /// Applies a permutation of automorphism_permutation (evaluation_order.hpp), made for this n. out is not a.
  void (*permute)(std::uint64_t* out, const std::uint64_t* a, const Permutation& permutation, std::size_t n);

  /// Residues of any 64-bit signed integers.
  void (*from_signed)(std::uint64_t* out, const std::int64_t* in, std::size_t n, const arith::Modulus& q);
  /// Residues of small signed integers, |in[i]| < q: samples of a key or an error.
  void (*from_small)(std::uint64_t* out, const std::int8_t* in, std::size_t n, const arith::Modulus& q);

  /// The first n residues modulo q of the ChaCha20 key stream that begins with the block of `state`: its 64-bit
  /// little-endian words, of each the low bits(q) bits, without those >= q (docs/formats.md, "Uniform polynomials").
  /// Residues and key are public: which words are dropped may show in the time.
  void (*uniform)(std::uint64_t* out, std::size_t n, const arith::Modulus& q, const ChaChaState& state);
};

/// Standard C++; the truth that every other set is held to.
[[nodiscard]] const KernelTable& portable_kernels();

/// AVX512-IFMA; nullptr when this processor or this build has none.
[[nodiscard]] const KernelTable* avx512ifma_kernels();

/// AVX2 with FMA, for x86-64 processors without AVX512-IFMA; nullptr when this processor or this build has none.
[[nodiscard]] const KernelTable* avx2_kernels();

/// The sets that this processor can run, fastest first.
[[nodiscard]] std::vector<const KernelTable*> available_kernels();

/// The set named `forced`, or the fastest one available for "". Errors: kUsage for a name that does
/// not exist, kUnsupported for a set that this processor cannot run.
[[nodiscard]] base::Result<const KernelTable*> choose_kernels(std::string_view forced);

}  // namespace obscura::fhe::kernels
