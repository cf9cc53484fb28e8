#include "fhe/random/sampler.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.hpp"
#include "base/secret.hpp"

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
  base::wipe({reinterpret_cast<std::uint8_t*>(words.data()), sizeof words});
}

// The ones of x, below 64 of them: std::popcount may be a table look-up.
constexpr std::uint64_t popcount(std::uint64_t x) {
  x -= (x >> 1) & 0x5555555555555555U;
  x = (x & 0x3333333333333333U) + ((x >> 2) & 0x3333333333333333U);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FU;
  x += x >> 8;
  x += x >> 16;
  x += x >> 32;
  return x & 63;
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

void sparse_ternary(Stream& stream, std::span<std::int8_t> out, int weight) {
  OBSCURA_CHECK(std::has_single_bit(out.size()) && out.size() <= (std::size_t{1} << 32), "the size is a power of two");
  OBSCURA_CHECK(weight >= 1 && static_cast<std::size_t>(weight) <= out.size() / 2, "the weight is out of range");
  std::ranges::fill(out, std::int8_t{0});
  const std::uint64_t mask = out.size() - 1;
  for (int done = 0; done < weight;) {
    std::array<std::uint64_t, 1> word{};
    fill_words(stream, word);
    const auto sign = static_cast<std::int8_t>(1 - 2 * static_cast<int>(word[0] >> 63));
    // The place is compared with, never used as an address.
    std::int8_t taken = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto here = static_cast<std::int8_t>((((i ^ (word[0] & mask)) - 1) >> 63) & 1);
      taken = static_cast<std::int8_t>(taken | (here & out[i] & 1));
      out[i] = static_cast<std::int8_t>(out[i] + here * sign * (1 - (out[i] & 1)));
    }
    done += 1 - taken;
    base::wipe({reinterpret_cast<std::uint8_t*>(word.data()), sizeof word});
  }
}

void centred_binomial(Stream& stream, std::span<std::int8_t> out) {
  // The ones of the first 21 bits less those of the next are the ones of both, the latter inverted, less 21.
  constexpr int kCoins = 21;
  constexpr std::uint64_t kBoth = (std::uint64_t{1} << (2 * kCoins)) - 1;
  constexpr std::uint64_t kInverted = kBoth - (kBoth >> kCoins);
  sample_words(stream, out, [](std::uint64_t word) {
    return static_cast<std::int8_t>(static_cast<int>(popcount((word & kBoth) ^ kInverted)) - kCoins);
  });
}

}  // namespace obscura::fhe::random
