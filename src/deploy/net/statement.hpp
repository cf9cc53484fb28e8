#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "artifact/signature.hpp"
#include "base/bytes.hpp"

namespace obscura::deploy::net {

/// Longest body of a statement.
inline constexpr std::size_t kMaxStatementBytes = 64 * 1024;

/// Bytes that somebody stands for. What is signed is the body as it travels, never a re-encoding, so a reader checks
/// the signature before it parses anything.
struct SignedStatement {
  std::vector<std::uint8_t> body;
  artifact::VerifyKey signer;
  artifact::Signature signature{};

  /// SHA-256 of the body: what other statements call this one.
  [[nodiscard]] artifact::Digest digest() const { return artifact::sha256(body); }
};

/// `context` says what kind of statement it is (artifact/signature.hpp).
[[nodiscard]] SignedStatement sign_statement(std::string_view context, std::vector<std::uint8_t> body,
                                             const artifact::SigningKey& key);

/// Whether the signer that stands there signed exactly this body in this context. Whether that signer matters is
/// another question: see trust.hpp.
[[nodiscard]] bool is_signed(const SignedStatement& statement, std::string_view context);

/// signer [32], signature [64], length u32, body.
void write_statement(const SignedStatement& statement, base::ByteWriter& writer);
/// Within kMaxStatementBytes. The reader holds the error.
[[nodiscard]] SignedStatement read_statement(base::ByteReader& reader);

}  // namespace obscura::deploy::net
