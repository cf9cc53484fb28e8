#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/request_form.hpp"

namespace obscura::deploy::client {

/// The inputs of one request, each channel-major and normalised.
using Tensors = std::span<const std::span<const float>>;

/// Places the elements of 1 to form.input_packing.images inputs into slots, zeros for those that are missing, and
/// encrypts them under the public key with fresh randomness: form.input_packing.ciphertexts ciphertexts at exactly the
/// level and scale of the form. Errors: kUsage for another number of inputs; kMismatch when the packing names an
/// element that an input does not have. Cost: one public-key encryption per ciphertext, however many inputs.
[[nodiscard]] base::Result<std::vector<fhe::ckks::Ciphertext>> encrypt_inputs(const fhe::ckks::Context& context,
                                                                              const fhe::ckks::PublicKey& key,
                                                                              const plan::program::RequestForm& form,
                                                                              Tensors tensors);

}  // namespace obscura::deploy::client
