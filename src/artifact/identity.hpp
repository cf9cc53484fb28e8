#pragma once

#include <span>
#include <string>

#include "artifact/signature.hpp"
#include "base/result.hpp"

namespace obscura::artifact {

/// Longest name of an identity, in bytes.
inline constexpr std::size_t kMaxIdentityName = 64;

/// An identity as its owner holds it.
struct SecretIdentity {
  SigningKey key;
  std::string name;

  [[nodiscard]] PublicIdentity public_identity() const { return {key.verify_key(), name}; }
};

/// "vendor (ba78-16bf-...)", or the fingerprint alone when there is no name.
[[nodiscard]] std::string describe(const PublicIdentity& identity);

/// Draws a new key and writes it to `path` (mode 0600) and its public half to `path`.pub; neither may exist.
/// `name`: up to kMaxIdentityName bytes of UTF-8 without control characters; may be empty.
/// Errors: kUsage (name), kIo, kNotFound (folder).
[[nodiscard]] base::Result<PublicIdentity> create_identity(const std::string& path, const std::string& name);

/// Errors: kNotFound, kIo, kLimit, and those of a malformed or wrong file.
[[nodiscard]] base::Result<SecretIdentity> load_secret_identity(const std::string& path);
[[nodiscard]] base::Result<PublicIdentity> load_public_identity(const std::string& path);

/// Trusts the identities of these .pub files; for a folder, of all .pub files in it.
/// Errors: those of load_public_identity; kNotFound when a folder holds none.
[[nodiscard]] base::Result<TrustSet> load_trust_set(std::span<const std::string> paths);

}  // namespace obscura::artifact
