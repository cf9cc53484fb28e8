#pragma once

#include <span>
#include <vector>

#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// The sums of products of all giant steps with inputs rotated modulo Q_l P and not divided by P: P times the
/// sums, over basis_qp. (Double hoisting: Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, section 4.)
/// diagonals: [giant step][term]. One task per limb: each rotated limb is made when its first product needs it
/// and forgotten after its last, so that rotated inputs never exist as a whole.
/// Cost: one ModUp per rotated input, then products only.
[[nodiscard]] std::vector<ProductSum> extended_products(const ring::RingContext& ring, const TermPlan& plan,
                                                        std::span<const ckks::Ciphertext* const> inputs,
                                                        std::span<const std::vector<DiagonalView>> diagonals);

}  // namespace obscura::fhe::circuits::detail
