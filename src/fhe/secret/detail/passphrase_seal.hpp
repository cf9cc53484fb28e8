#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "fhe/secret/key_file.hpp"

namespace obscura::fhe::secret::detail {

/// What else than the passphrase goes into a seal; public.
struct SealParameters {
  KdfCost cost = {0, 0};
  std::array<std::uint8_t, 16> salt{};
  std::array<std::uint8_t, 24> nonce{};
};

/// Fresh salt and nonce from the operating system.
[[nodiscard]] SealParameters fresh_seal_parameters(const KdfCost& cost);

/// XChaCha20-Poly1305 of `content` under Argon2id(passphrase), with `bound` authenticated too.
/// 16 bytes longer than `content`. Error: kLimit when the derivation gets no memory or its cost is out of range.
[[nodiscard]] base::Result<std::vector<std::uint8_t>> seal(std::span<const std::uint8_t> content,
                                                           std::span<const std::uint8_t> bound,
                                                           std::span<const std::uint8_t> passphrase,
                                                           const SealParameters& parameters);

/// The inverse. Errors: kSecret when the passphrase is wrong (or what is bound differs), kCorrupt when `sealed` is
/// too short, kLimit as above.
[[nodiscard]] base::Result<base::SecretBytes> unseal(std::span<const std::uint8_t> sealed,
                                                     std::span<const std::uint8_t> bound,
                                                     std::span<const std::uint8_t> passphrase,
                                                     const SealParameters& parameters, const std::string& name);

}  // namespace obscura::fhe::secret::detail
