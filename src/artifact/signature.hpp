#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace obscura::artifact {

/// An Ed25519 signature (RFC 8032).
using Signature = std::array<std::uint8_t, 64>;

/// The public half of an identity.
struct VerifyKey {
  std::array<std::uint8_t, 32> bytes{};

  /// SHA-256 of the key, for fingerprint().
  [[nodiscard]] Digest digest() const { return sha256(bytes); }
  friend auto operator<=>(const VerifyKey&, const VerifyKey&) = default;
};

/// The secret half: a 32-byte seed. Has nothing to do with any FHE key.
class SigningKey {
 public:
  /// A fresh key from the operating system's entropy.
  [[nodiscard]] static SigningKey generate();
  [[nodiscard]] static SigningKey from_seed(base::Secret<std::array<std::uint8_t, 32>> seed);

  [[nodiscard]] const VerifyKey& verify_key() const { return verify_key_; }
  [[nodiscard]] const std::array<std::uint8_t, 32>& reveal_secret() const { return seed_.reveal_secret(); }

  /// Signs length(context) as one byte || context || message. The context (1..255 characters) says what
  /// kind of statement this is, so that a signature made for one purpose is worth nothing for another.
  [[nodiscard]] Signature sign(std::string_view context, std::span<const std::uint8_t> message) const;

 private:
  SigningKey(base::Secret<std::array<std::uint8_t, 32>> seed, VerifyKey verify_key);
  base::Secret<std::array<std::uint8_t, 32>> seed_;
  VerifyKey verify_key_;
};

/// Whether `signature` was made by sign() with the same context, message and key.
[[nodiscard]] bool verify(const VerifyKey& key, std::string_view context, std::span<const std::uint8_t> message,
                          const Signature& signature);

/// A public identity: a key and the name its owner gave it. The name is a reminder for people; nothing
/// vouches for it but whoever handed the file over.
struct PublicIdentity {
  VerifyKey key;
  std::string name;
};

/// The identities that the user named as trusted. A key inside a file proves nothing: only one that
/// stands here does.
class TrustSet {
 public:
  void add(PublicIdentity identity) { identities_.push_back(std::move(identity)); }
  [[nodiscard]] std::span<const PublicIdentity> identities() const { return identities_; }
  /// The identity with this key. Error: kUntrusted, naming the fingerprint.
  [[nodiscard]] base::Result<PublicIdentity> find(const VerifyKey& key) const;

 private:
  std::vector<PublicIdentity> identities_;
};

}  // namespace obscura::artifact
