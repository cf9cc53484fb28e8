#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "plan/program/request_form.hpp"

namespace obscura::deploy::client {

/// Places the elements of `tensor` (channel-major, normalised) into slots and encrypts them under the public
/// key with fresh randomness: form.input_packing.ciphertexts ciphertexts at exactly the level and scale of the form.
/// Errors: kMismatch when the packing names an element that the tensor does not have.
/// Cost: one public-key encryption per ciphertext.
[[nodiscard]] base::Result<std::vector<fhe::ckks::Ciphertext>> encrypt_input(const fhe::ckks::Context& context,
                                                                             const fhe::ckks::PublicKey& key,
                                                                             const plan::program::RequestForm& form,
                                                                             std::span<const float> tensor);

}  // namespace obscura::deploy::client
