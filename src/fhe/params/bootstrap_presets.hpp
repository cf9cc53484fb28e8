#pragma once

#include <string_view>
#include <vector>

#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::params {

/// Parameters and the bootstrap that goes with them.
struct BootstrapPreset {
  std::string_view name;
  ParamLiteral params;
  BootstrapLiteral bootstrap;
  int scale_bits;  ///< log2 of the scale of the bootstrap's input and output
};

/// N = 2^16 at 128 bits, found by scripts/search-bootstrap: values of up to 1 in magnitude in 2^15 complex slots, 2^15
/// real ones, or fewer. docs/bootstrapping.md has what each costs and how exact it is. At 192 bits there is none: a
/// sparse secret of weight 32 is not secure at the 100 bits that it needs.
[[nodiscard]] std::vector<BootstrapPreset> bootstrap_presets();

/// That of 2^15 real slots with so many usable primes of so many bits, of 13 of 40: all that a program works at between
/// bootstraps may be divided otherwise. The chain may be longer than what is secure: ParamSet::create says so.
[[nodiscard]] BootstrapPreset real_bootstrap(int usable, int bits);

}  // namespace obscura::fhe::params
