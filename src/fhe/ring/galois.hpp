#pragma once

#include <cstdint>

#include "base/strong.hpp"
#include "fhe/params/index.hpp"

namespace obscura::fhe::ring {

/// An odd g modulo 2N, standing for the automorphism X -> X^g.
using GaloisElement = base::Strong<struct GaloisElementTag, std::uint64_t>;

/// 5^step modulo 2N: rotates the slots to the left by `step` (any sign).
[[nodiscard]] GaloisElement galois_of_rotation(params::RotationStep step, int log_n);
/// 2N - 1: complex conjugation of every slot.
[[nodiscard]] GaloisElement galois_of_conjugation(int log_n);
/// g^-1 modulo 2N.
[[nodiscard]] GaloisElement galois_inverse(GaloisElement g, int log_n);

}  // namespace obscura::fhe::ring
