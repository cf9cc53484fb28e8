#include "artifact/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/check.hpp"

namespace obscura::artifact {
namespace {

EVP_MD_CTX* context_of(const auto& owner) {
  return static_cast<EVP_MD_CTX*>(owner.get());
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Digest merkle_node(const Digest& left, const Digest& right) {
  static constexpr std::array<std::uint8_t, 1> kNodeTag = {0x01};
  return Sha256().update(kNodeTag).update(left.bytes).update(right.bytes).finish();
}

}  // namespace

std::string Digest::hex() const {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

base::Result<Digest> Digest::from_hex(std::string_view text) {
  Digest digest;
  bool valid = text.size() == 2 * digest.bytes.size();
  for (std::size_t i = 0; valid && i < digest.bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    if (valid) digest.bytes[i] = static_cast<std::uint8_t>(16 * high + low);
  }
  if (valid) return digest;
  return base::fail(
      base::ErrorCode::kCorrupt,
      fmt::format("a SHA-256 digest has 64 hexadecimal digits; this text of {} characters is none", text.size()),
      "copy the whole digest");
}

void Sha256::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  OBSCURA_CHECK(context_ != nullptr, "out of memory for a SHA-256 state");
  OBSCURA_CHECK(EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) == 1, "libcrypto has no SHA-256");
}

Sha256& Sha256::update(std::span<const std::uint8_t> bytes) {
  OBSCURA_CHECK(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) == 1, "SHA-256 failed");
  return *this;
}

Digest Sha256::finish() {
  Digest digest;
  OBSCURA_CHECK(EVP_DigestFinal_ex(context_of(context_), digest.bytes.data(), nullptr) == 1, "SHA-256 failed");
  return digest;
}

Digest sha256(std::span<const std::uint8_t> bytes) {
  return Sha256().update(bytes).finish();
}

std::string fingerprint(const Digest& digest) {
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    text += fmt::format("{}{:02x}", i > 0 && i % 2 == 0 ? "-" : "", digest.bytes[i]);
  }
  return text;
}

Digest merkle_leaf(std::span<const std::uint8_t> bytes) {
  static constexpr std::array<std::uint8_t, 1> kLeafTag = {0x00};
  return Sha256().update(kLeafTag).update(bytes).finish();
}

// Pairing neighbours and carrying an odd last one up gives the tree of RFC 6962, whose left subtrees are full.
Digest merkle_root(std::vector<Digest> leaves) {
  if (leaves.empty()) return sha256({});
  while (leaves.size() > 1) {
    std::size_t parents = 0;
    for (std::size_t i = 0; i < leaves.size(); i += 2) {
      leaves[parents++] = i + 1 < leaves.size() ? merkle_node(leaves[i], leaves[i + 1]) : leaves[i];
    }
    leaves.resize(parents);
  }
  return leaves.front();
}

}  // namespace obscura::artifact
