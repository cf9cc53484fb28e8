#include "deploy/net/nkey.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/secret.hpp"

namespace obscura::deploy::net {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t kUser = 20 << 3;  // becomes a U in base 32
constexpr std::uint8_t kSeed = 18 << 3;  // S
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kPublicBytes = 1 + kKeyBytes + 2;
constexpr std::size_t kSeedBytes = 2 + kKeyBytes + 2;

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc ^= std::uint32_t{byte} << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

std::string base32(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() * 8 + 4) / 5);  // never moved: it may be secret
  std::uint32_t waiting = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    waiting = (waiting << 8 | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += kAlphabet[waiting >> (bits - 5) & 31];
  }
  if (bits > 0) text += kAlphabet[waiting << (5 - bits) & 31];
  return text;
}

std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size());  // never moved: it may be secret
  std::uint32_t waiting = 0;
  int bits = 0;
  for (const char symbol : text) {
    const std::size_t value = kAlphabet.find(symbol);
    if (value == std::string_view::npos) return std::nullopt;
    waiting = (waiting << 5 | static_cast<std::uint32_t>(value)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(waiting >> bits));
  }
  return bytes;
}

std::string encode(std::vector<std::uint8_t> bytes) {
  const std::uint16_t crc = crc16(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
  std::string text = base32(bytes);
  base::wipe(bytes);
  return text;
}

// Whether the last two bytes are the checksum of those before them.
bool is_whole(std::span<const std::uint8_t> bytes) {
  const std::size_t body = bytes.size() - 2;
  const std::uint16_t crc = crc16(bytes.first(body));
  return bytes[body] == (crc & 0xff) && bytes[body + 1] == crc >> 8;
}

bool is_user_seed(std::span<const std::uint8_t> bytes) {
  return bytes.size() == kSeedBytes && bytes[0] == (kSeed | kUser >> 5) &&
         bytes[1] == static_cast<std::uint8_t>(kUser << 3) && is_whole(bytes);
}

}  // namespace

std::string nkey_public(const artifact::VerifyKey& key) {
  std::vector<std::uint8_t> bytes = {kUser};
  bytes.insert(bytes.end(), key.bytes.begin(), key.bytes.end());
  return encode(std::move(bytes));
}

bool is_public_nkey(std::string_view text) {
  const auto bytes = from_base32(text);
  return text.size() == kPublicBytes * 8 / 5 && bytes && bytes->size() == kPublicBytes && bytes->front() == kUser &&
         is_whole(*bytes);
}

std::string reveal_nkey_seed(const artifact::SigningKey& key) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kSeedBytes);
  bytes = {kSeed | kUser >> 5, static_cast<std::uint8_t>(kUser << 3)};
  bytes.insert(bytes.end(), key.reveal_secret().begin(), key.reveal_secret().end());
  return encode(std::move(bytes));
}

base::Result<artifact::SigningKey> read_nkey_seed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (begin != std::string_view::npos) text = text.substr(begin, end - begin + 1);
  auto bytes = from_base32(text);
  if (!bytes || !is_user_seed(*bytes)) {
    if (bytes) base::wipe(*bytes);
    return base::fail(base::ErrorCode::kCorrupt, "this is not the seed of a NATS user",
                      "it is one line of 58 characters that begins with SU");
  }
  std::array<std::uint8_t, kKeyBytes> seed{};
  std::copy_n(bytes->begin() + 2, kKeyBytes, seed.begin());
  base::wipe(*bytes);
  base::Secret<std::array<std::uint8_t, kKeyBytes>> secret(seed);
  base::wipe(seed);
  return artifact::SigningKey::from_seed(std::move(secret));
}

}  // namespace obscura::deploy::net
