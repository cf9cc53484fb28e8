#pragma once

#include <cstdint>

#include "fhe/arith/modulus.hpp"

namespace obscura::fhe::kernels {

/// One output of a base conversion.
struct ConversionTarget {
  std::uint64_t* out;
  const std::uint64_t* factors;  ///< [inputs], each in [0, to)
  const arith::Modulus* to;
};

}  // namespace obscura::fhe::kernels
