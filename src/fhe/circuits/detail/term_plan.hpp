#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/galois.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// One input rotated by one baby step, which several products may share.
struct Rotation {
  int input;
  ring::GaloisElement galois;     ///< 1: the input itself
  const ckks::SwitchingKey* key;  ///< nullptr exactly when galois is 1
  int uses;                       ///< products that need it
};

/// What a transform multiplies with what: the distinct rotations, and for every giant step, term by term, the
/// rotation it uses.
struct TermPlan {
  std::vector<Rotation> rotations;
  std::vector<std::vector<std::size_t>> rotation_of;  ///< [giant step][term]
};

/// The key of `id`, which must be there and serve `level`: otherwise the caller has a bug.
[[nodiscard]] const ckks::SwitchingKey& require_key(const ckks::EvaluationKeys& keys, ckks::KeyId id,
                                                    params::Level level);

[[nodiscard]] TermPlan plan_terms(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                  const LinearTransform& transform, std::size_t inputs, params::Level level);

}  // namespace obscura::fhe::circuits::detail
