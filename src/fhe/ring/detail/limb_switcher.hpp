#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "fhe/kernels/switch_limb.hpp"
#include "fhe/ring/detail/digit_rows.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring::detail {

/// What each limb of a block starts from and ends with. LimbSwitcher fills in the tables, the digits and the key.
using BlockJobs = std::array<kernels::SwitchLimb, kMostLimbsPerBlock>;

/// The digits of one polynomial, already there or lifted as they are needed, times a key, limb by limb. Safe to use
/// from several threads for limbs that differ.
class LimbSwitcher {
 public:
  /// Digits lifted as they are needed. `rows` and `a`, which it was made from, outlive this.
  LimbSwitcher(const RingContext& ring, const EvaluationPoly& a, const DigitRows& rows, const GadgetKey& key);
  /// Digits that are there; they outlive this.
  LimbSwitcher(const RingContext& ring, const Digits& digits, const GadgetKey& key);
  /// No digits: the sums are what the jobs start from.
  LimbSwitcher(const RingContext& ring, const Basis& basis) : ring_(ring), basis_(basis) {}

  [[nodiscard]] const Basis& basis() const { return basis_; }

  /// Limbs first .. first + count - 1 of basis(), count <= kMostLimbsPerBlock.
  void switch_block(int first, int count, const BlockJobs& jobs) const;

 private:
  /// Few enough digits to stay in the second-level cache at N = 2^14.
  static constexpr std::size_t kDigitsPerSweep = 4;

  /// Rows of a block that live only while it is switched.
  struct Scratch {
    std::span<std::uint64_t> words;
    std::size_t stride;
    std::size_t limbs;
    [[nodiscard]] std::uint64_t* digit(std::size_t d, std::size_t limb) const {
      return words.data() + (d * limbs + limb) * stride;
    }
    [[nodiscard]] std::uint64_t* sum(std::size_t half, std::size_t limb) const {
      return digit(kDigitsPerSweep + half, limb);
    }
  };

  void sweep(int first, std::size_t first_digit, std::size_t digits, const BlockJobs& jobs,
             const Scratch& scratch) const;
  [[nodiscard]] kernels::SwitchLimb part_of(kernels::SwitchLimb job, std::size_t first_digit, std::size_t digits,
                                            const Scratch& scratch, std::size_t limb) const;
  using KeyRows = std::array<const std::uint64_t*, params::kMaxPrimes>;
  void write_key_rows(int limb, std::size_t first_digit, std::size_t digits, KeyRows& rows0, KeyRows& rows1) const;
  void switch_limb(int limb, std::size_t first_digit, std::span<const std::uint64_t* const> digits,
                   std::span<std::uint64_t* const> lifted, kernels::SwitchLimb job) const;

  const RingContext& ring_;
  Basis basis_;
  const EvaluationPoly* a_ = nullptr;
  const DigitRows* rows_ = nullptr;
  const Digits* digits_ = nullptr;
  GadgetKey key_;
  std::size_t digit_count_ = 0;
};

}  // namespace obscura::fhe::ring::detail
