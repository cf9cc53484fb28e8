#pragma once

#include <optional>
#include <span>
#include <vector>

#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/rotated_limb.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// Products with inputs rotated modulo Q_l P and not divided by P: P times the sums, over basis_qp. (Double hoisting:
/// Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, section 4.) One task per limb: each rotated limb is
/// made when its first product needs it and forgotten after its last. So rotated inputs never exist as a whole when
/// all terms come at once; otherwise between the calls, as far as terms to come use them.
/// Arguments outlive it. Cost: one ModUp per rotated input, then products only.
class ExtendedProducts {
 public:
  ExtendedProducts(const ring::RingContext& ring, const TermPlan& plan,
                   std::span<const ckks::Ciphertext* const> inputs);

  /// Each term is asked for once. `last`: no call follows.
  void add(std::span<const TermRun> runs, bool last);

 private:
  void add_limb(std::span<const TermRun> runs, int limb, RotatedLimb& rotated) const;

  const ring::RingContext& ring_;
  const TermPlan& plan_;
  HoistedInputs hoisted_;
  std::vector<std::optional<RotatedLimb>> rotated_;  ///< [limbs] what calls to come need
};

}  // namespace obscura::fhe::circuits::detail
