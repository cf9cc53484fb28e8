#pragma once

#include <map>

#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"

namespace obscura::fhe::boot {

/// The switching keys that a bootstrap needs, each with the highest level at which it is used. Those of kind
/// kEncapsulate and kDecapsulate are made together. Rotations of SlotsToCoeffs and CoeffsToSlots are the same where
/// their matrices merge the same stages, so that a key serves both.
[[nodiscard]] std::map<ckks::KeyId, params::Level> bootstrap_keys(const params::BootstrapParams& bootstrap);

/// Bytes of the stored halves of these keys (the other half comes from a seed), a residue taking as many bits as its
/// prime.
[[nodiscard]] double bootstrap_key_bytes(const params::ParamSet& params, const params::BootstrapParams& bootstrap);

}  // namespace obscura::fhe::boot
