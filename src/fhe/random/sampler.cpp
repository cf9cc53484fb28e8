#include "fhe/random/sampler.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.hpp"

namespace obscura::fhe::random {
namespace {

static_assert(std::endian::native == std::endian::little, "streams are read as little-endian words");

__extension__ using u128 = unsigned __int128;

constexpr std::size_t kBatch = 1024;

void fill_words(Stream& stream, std::span<std::uint64_t> words) {
  stream.fill({reinterpret_cast<std::uint8_t*>(words.data()), words.size_bytes()});
}

// One secret value per word, from a buffer that is wiped at the end.
template <class FromWord>
void sample_words(Stream& stream, std::span<std::int8_t> out, FromWord from_word) {
  std::array<std::uint64_t, kBatch> words;
  while (!out.empty()) {
    const std::size_t count = std::min(out.size(), kBatch);
    fill_words(stream, std::span(words).first(count));
    for (std::size_t i = 0; i < count; ++i) out[i] = from_word(words[i]);
    out = out.subspan(count);
  }
  OPENSSL_cleanse(words.data(), sizeof words);
}

// The ones in each half of a pair of 32-bit lanes: std::popcount may be a table look-up.
constexpr std::uint64_t popcount_lanes(std::uint64_t x) {
  x -= (x >> 1) & 0x5555555555555555U;
  x = (x & 0x3333333333333333U) + ((x >> 2) & 0x3333333333333333U);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FU;
  x += x >> 8;
  x += x >> 16;
  return x & 0x0000003F0000003FU;
}

}  // namespace

void uniform(Stream& stream, std::span<std::uint64_t> out, std::uint64_t q) {
  OBSCURA_CHECK(q >= 2 && (q >> 63) == 0, "uniform residues are modulo 2 <= q < 2^63");
  const std::uint64_t mask = (std::uint64_t{1} << std::bit_width(q - 1)) - 1;
  std::size_t done = 0;
  while (done < out.size()) {
    const std::span<std::uint64_t> batch = out.subspan(done, std::min(kBatch, out.size() - done));
    fill_words(stream, batch);
    for (const std::uint64_t word : batch) {
      const std::uint64_t candidate = word & mask;
      out[done] = candidate;
      done += candidate < q ? 1 : 0;
    }
  }
}

void ternary(Stream& stream, std::span<std::int8_t> out) {
  sample_words(stream, out, [](std::uint64_t word) {
    return static_cast<std::int8_t>(static_cast<int>((u128{word} * 3) >> 64) - 1);
  });
}

void centred_binomial(Stream& stream, std::span<std::int8_t> out) {
  constexpr std::uint64_t kCoins = (std::uint64_t{1} << 21) - 1;
  sample_words(stream, out, [](std::uint64_t word) {
    const std::uint64_t lanes = (word & kCoins) | (((word >> 21) & kCoins) << 32);
    const std::uint64_t ones = popcount_lanes(lanes);
    return static_cast<std::int8_t>(static_cast<int>(ones & 63) - static_cast<int>(ones >> 32));
  });
}

}  // namespace obscura::fhe::random
