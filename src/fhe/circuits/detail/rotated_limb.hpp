#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/buffer.hpp"
#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// Inputs with the digits of those that are rotated.
struct HoistedInputs {
  std::span<const ckks::Ciphertext* const> inputs;
  std::vector<ring::Digits> digits;  ///< [input]; empty for inputs that are never rotated
  ring::Basis basis;                 ///< Q_l P
};

/// Cost: one ModUp per rotated input.
[[nodiscard]] HoistedInputs hoist_inputs(const ring::RingContext& ring, const TermPlan& plan,
                                         std::span<const ckks::Ciphertext* const> inputs);

/// One limb of all rotated inputs modulo Q_l P, each made on demand: P times the input, rotated. Arguments outlive it.
class RotatedLimb {
 public:
  RotatedLimb(const ring::RingContext& ring, const TermPlan& plan, const HoistedInputs& hoisted, int limb);

  /// The rotation with this number in the plan. Valid until it is released for the last time.
  [[nodiscard]] LimbPair get(std::size_t rotation);
  /// Writes the rotation, which is not kept, to r0 and r1, or adds it to what they hold. `next`: what is written next.
  void write(std::size_t rotation, std::uint64_t* r0, std::uint64_t* r1, bool adds,
             std::optional<std::size_t> next = std::nullopt) const;
  /// One product with this rotation is done.
  void release(std::size_t rotation);

 private:
  [[nodiscard]] bool special() const { return limb_ >= hoisted_.basis.q_count; }
  using KeyRows = std::array<const std::uint64_t*, fhe::params::kMaxPrimes>;
  /// This limb of both halves of a key; returns how many digits they have.
  std::size_t write_key_rows(const ckks::SwitchingKey& key, KeyRows& rows0, KeyRows& rows1) const;
  void switch_limb(kernels::SwitchLimb job, const ring::Digits& digits, const ckks::SwitchingKey& key,
                   const ckks::SwitchingKey* next) const;

  const ring::RingContext& ring_;
  const TermPlan& plan_;
  const HoistedInputs& hoisted_;
  int limb_;
  std::size_t stride_;
  std::vector<int> uses_left_;
  std::vector<base::Buffer> pairs_;
};

}  // namespace obscura::fhe::circuits::detail
