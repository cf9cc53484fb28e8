#include "fhe/random/stream.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"

namespace obscura::fhe::random {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 38;
constexpr std::size_t kMaxCall = std::size_t{1} << 30;  // OpenSSL takes an int

/// Domain and index as RFC 8439's 96-bit nonce.
std::array<std::uint32_t, 3> nonce_of(Domain domain, std::uint64_t index) {
  return {static_cast<std::uint32_t>(domain), static_cast<std::uint32_t>(index),
          static_cast<std::uint32_t>(index >> 32)};
}

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // wipes the key
};

}  // namespace

struct Stream::State {
  std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter> cipher;
  std::uint64_t bytes_given = 0;
};

Stream::Stream(const Seed256& seed, Domain domain, std::uint64_t index) : state_(std::make_unique<State>()) {
  // OpenSSL's 16-byte IV: 32-bit block counter, then the nonce, all little-endian.
  const std::array<std::uint32_t, 3> nonce = nonce_of(domain, index);
  std::array<std::uint8_t, 16> iv{};
  for (unsigned i = 0; i < 12; ++i) iv[4 + i] = static_cast<std::uint8_t>(nonce[i / 4] >> (8 * (i % 4)));
  state_->cipher.reset(EVP_CIPHER_CTX_new());
  OBSCURA_CHECK(state_->cipher != nullptr, "out of memory");
  OBSCURA_CHECK(EVP_EncryptInit_ex(state_->cipher.get(), EVP_chacha20(), nullptr, seed.bytes.data(), iv.data()) == 1,
                "this libcrypto has no ChaCha20");
}

Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

void Stream::fill(std::span<std::uint8_t> out) {
  OBSCURA_CHECK(out.size() <= kMaxBytes - state_->bytes_given, "a ChaCha20 stream is exhausted after 2^38 bytes");
  state_->bytes_given += out.size();
  while (!out.empty()) {
    const std::span<std::uint8_t> part = out.first(std::min(out.size(), kMaxCall));
    std::memset(part.data(), 0, part.size());
    int written = 0;
    const int ok =
        EVP_EncryptUpdate(state_->cipher.get(), part.data(), &written, part.data(), static_cast<int>(part.size()));
    OBSCURA_CHECK(ok == 1 && static_cast<std::size_t>(written) == part.size(), "ChaCha20 failed");
    out = out.subspan(part.size());
  }
}

std::array<std::uint32_t, 16> public_stream_state(const Seed256& seed, Domain domain, std::uint64_t index) {
  std::array<std::uint32_t, 16> state = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i < 32; ++i) state[4 + i / 4] |= std::uint32_t{seed.bytes[i]} << (8 * (i % 4));
  const std::array<std::uint32_t, 3> nonce = nonce_of(domain, index);
  std::copy(nonce.begin(), nonce.end(), state.begin() + 13);
  return state;
}

Seed256 derive_seed(const Seed256& parent, std::uint64_t index) {
  Stream stream(parent, Domain::kDerivedSeed, index);
  Seed256 seed;
  stream.fill(seed.bytes);
  return seed;
}

}  // namespace obscura::fhe::random
