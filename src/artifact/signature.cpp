#include "artifact/signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace obscura::artifact {
namespace {

using KeyHandle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::vector<std::uint8_t> statement(std::string_view context, std::span<const std::uint8_t> message) {
  OBSCURA_CHECK(!context.empty() && context.size() <= 255, "a signing context has 1 to 255 characters");
  base::ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(context.size()));
  writer.bytes({reinterpret_cast<const std::uint8_t*>(context.data()), context.size()});
  writer.bytes(message);
  return writer.take();
}

KeyHandle private_key(std::span<const std::uint8_t> seed) {
  KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()), EVP_PKEY_free);
  OBSCURA_CHECK(key != nullptr, "libcrypto has no Ed25519");
  return key;
}

}  // namespace

SigningKey::SigningKey(base::Secret<std::array<std::uint8_t, 32>> seed, VerifyKey verify_key)
    : seed_(std::move(seed)), verify_key_(verify_key) {}

SigningKey SigningKey::generate() {
  base::Secret<std::array<std::uint8_t, 32>> seed;
  auto& bytes = seed.reveal_secret();
  OBSCURA_CHECK(RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "no entropy for a signing key");
  return from_seed(std::move(seed));
}

SigningKey SigningKey::from_seed(base::Secret<std::array<std::uint8_t, 32>> seed) {
  const KeyHandle key = private_key(seed.reveal_secret());
  VerifyKey verify_key;
  std::size_t size = verify_key.bytes.size();
  OBSCURA_CHECK(EVP_PKEY_get_raw_public_key(key.get(), verify_key.bytes.data(), &size) == 1 && size == 32,
                "libcrypto gave no Ed25519 public key");
  return {std::move(seed), verify_key};
}

Signature SigningKey::sign(std::string_view context, std::span<const std::uint8_t> message) const {
  const std::vector<std::uint8_t> bytes = statement(context, message);
  const KeyHandle key = private_key(seed_.reveal_secret());
  const ContextHandle state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  OBSCURA_CHECK(state != nullptr, "out of memory for a signature");
  Signature signature;
  std::size_t size = signature.size();
  OBSCURA_CHECK(EVP_DigestSignInit(state.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestSign(state.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1 &&
                    size == signature.size(),
                "Ed25519 signing failed");
  return signature;
}

bool verify(const VerifyKey& key, std::string_view context, std::span<const std::uint8_t> message,
            const Signature& signature) {
  const std::vector<std::uint8_t> bytes = statement(context, message);
  const KeyHandle handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()),
                         EVP_PKEY_free);
  const ContextHandle state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return handle != nullptr && state != nullptr &&
         EVP_DigestVerifyInit(state.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(state.get(), signature.data(), signature.size(), bytes.data(), bytes.size()) == 1;
}

base::Result<PublicIdentity> TrustSet::find(const VerifyKey& key) const {
  const auto found = std::find_if(identities_.begin(), identities_.end(),
                                  [&](const PublicIdentity& identity) { return identity.key == key; });
  if (found != identities_.end()) return *found;
  return base::fail(base::ErrorCode::kUntrusted,
                    fmt::format("the signer {} is not among the {} trusted identities", fingerprint(key.digest()),
                                identities_.size()),
                    "if you know the signer, name its .pub file with --trust");
}

}  // namespace obscura::artifact
