#pragma once

#include <string>
#include <string_view>

#include "artifact/signature.hpp"
#include "base/result.hpp"

// How NATS writes Ed25519 keys of users: base 32 (RFC 4648, without padding) over a prefix that says what it is, the 32
// bytes, and their CRC-16/XMODEM, little-endian. See github.com/nats-io/nkeys.
namespace obscura::deploy::net {

/// The public half, by which the server's configuration knows a user: 56 characters that begin with U.
[[nodiscard]] std::string nkey_public(const artifact::VerifyKey& key);

/// Whether this is the public half of a user's key, unaltered.
[[nodiscard]] bool is_public_nkey(std::string_view text);

/// The secret half: 58 characters that begin with SU. The caller wipes it.
[[nodiscard]] std::string reveal_nkey_seed(const artifact::SigningKey& key);

/// The key of a user's seed; white space around it is allowed. Error: kCorrupt, which does not repeat it.
[[nodiscard]] base::Result<artifact::SigningKey> read_nkey_seed(std::string_view text);

}  // namespace obscura::deploy::net
