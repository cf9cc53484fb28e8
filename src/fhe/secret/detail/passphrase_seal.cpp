#include "fhe/secret/detail/passphrase_seal.hpp"

#include <sodium.h>

#include <algorithm>

#include "fhe/random/seed.hpp"

namespace obscura::fhe::secret::detail {
namespace {

using base::ErrorCode;

static_assert(crypto_pwhash_SALTBYTES == sizeof(SealParameters::salt));
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == sizeof(SealParameters::nonce));

base::Result<base::SecretBytes> derive_key(std::span<const std::uint8_t> passphrase, const SealParameters& parameters) {
  const KdfCost& cost = parameters.cost;
  if (cost.passes < crypto_pwhash_OPSLIMIT_MIN || cost.memory_bytes < crypto_pwhash_MEMLIMIT_MIN ||
      cost.passes > kMaxKdfCost.passes || cost.memory_bytes > kMaxKdfCost.memory_bytes) {
    return base::fail(ErrorCode::kLimit, "the cost of deriving the key from the passphrase is out of range",
                      "at most 16 passes over 1 GiB are accepted");
  }
  base::SecretBytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  const std::span<std::uint8_t> out = key.reveal_secret();
  if (::sodium_init() < 0 ||
      ::crypto_pwhash(out.data(), out.size(), reinterpret_cast<const char*>(passphrase.data()), passphrase.size(),
                      parameters.salt.data(), cost.passes, static_cast<std::size_t>(cost.memory_bytes),
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return base::fail(ErrorCode::kLimit, "there is not enough memory to derive the key from the passphrase",
                      "free " + std::to_string(cost.memory_bytes >> 20) + " MiB and try again");
  }
  return key;
}

}  // namespace

SealParameters fresh_seal_parameters(const KdfCost& cost) {
  SealParameters parameters;
  parameters.cost = cost;
  std::copy_n(random::random_seed().bytes.begin(), parameters.salt.size(), parameters.salt.begin());
  std::copy_n(random::random_seed().bytes.begin(), parameters.nonce.size(), parameters.nonce.begin());
  return parameters;
}

base::Result<std::vector<std::uint8_t>> seal(std::span<const std::uint8_t> content, std::span<const std::uint8_t> bound,
                                             std::span<const std::uint8_t> passphrase,
                                             const SealParameters& parameters) {
  OBSCURA_TRY(const base::SecretBytes key, derive_key(passphrase, parameters));
  std::vector<std::uint8_t> sealed(content.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  ::crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, content.data(), content.size(), bound.data(),
                                               bound.size(), nullptr, parameters.nonce.data(),
                                               key.reveal_secret().data());
  return sealed;
}

base::Result<base::SecretBytes> unseal(std::span<const std::uint8_t> sealed, std::span<const std::uint8_t> bound,
                                       std::span<const std::uint8_t> passphrase, const SealParameters& parameters,
                                       const std::string& name) {
  if (sealed.size() < crypto_aead_xchacha20poly1305_ietf_ABYTES) {
    return base::fail(ErrorCode::kCorrupt, name + " is too short to hold a sealed key");
  }
  OBSCURA_TRY(const base::SecretBytes key, derive_key(passphrase, parameters));
  base::SecretBytes content(sealed.size() - crypto_aead_xchacha20poly1305_ietf_ABYTES);
  if (::crypto_aead_xchacha20poly1305_ietf_decrypt(content.reveal_secret().data(), nullptr, nullptr, sealed.data(),
                                                   sealed.size(), bound.data(), bound.size(), parameters.nonce.data(),
                                                   key.reveal_secret().data()) != 0) {
    return base::fail(ErrorCode::kSecret, "the passphrase for " + name + " is wrong",
                      "give the passphrase the key file was made with");
  }
  return content;
}

}  // namespace obscura::fhe::secret::detail
