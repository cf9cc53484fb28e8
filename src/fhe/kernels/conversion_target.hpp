#pragma once

#include <cstddef>
#include <cstdint>

#include "fhe/arith/modulus.hpp"

namespace obscura::fhe::kernels {

/// One output of a base conversion.
struct ConversionTarget {
  std::uint64_t* out;
  const std::uint64_t* factors;  ///< [inputs], each in [0, to)
  const arith::Modulus* to;
};

/// Entries of a table of multiples: the most that two vectors of eight lanes look up at once.
inline constexpr std::size_t kMultiples = 16;

/// One output of a centred base conversion, whose last input counts multiples of the product of the primes before.
struct LiftTarget {
  ConversionTarget sum;
  const std::uint64_t* quotients;  ///< [inputs - 1], of the factors but the last: arith::ShoupFactor
  const std::uint64_t* multiples;  ///< [kMultiples], 0, 1, 2, ... times the last factor, each in [0, to)
};

}  // namespace obscura::fhe::kernels
