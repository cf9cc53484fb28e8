#include "fhe/random/stream.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace obscura::fhe::random {
namespace {

// Straight from RFC 8439, section 2.3: the independent reference.
void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  const auto rotate = [](std::uint32_t x, int k) { return (x << k) | (x >> (32 - k)); };
  a += b, d = rotate(d ^ a, 16);
  c += d, b = rotate(b ^ c, 12);
  a += b, d = rotate(d ^ a, 8);
  c += d, b = rotate(b ^ c, 7);
}

std::array<std::uint8_t, 64> chacha20_block(const std::array<std::uint8_t, 32>& key, std::uint32_t counter,
                                            const std::array<std::uint32_t, 3>& nonce) {
  std::array<std::uint32_t, 16> state = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i < 32; ++i) state[4 + i / 4] |= std::uint32_t{key[i]} << (8 * (i % 4));
  state[12] = counter;
  for (std::size_t i = 0; i < 3; ++i) state[13 + i] = nonce[i];
  std::array<std::uint32_t, 16> x = state;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 4; ++i) quarter_round(x[i], x[4 + i], x[8 + i], x[12 + i]);
    for (std::size_t i = 0; i < 4; ++i)
      quarter_round(x[i], x[4 + (i + 1) % 4], x[8 + (i + 2) % 4], x[12 + (i + 3) % 4]);
  }
  std::array<std::uint8_t, 64> out{};
  for (std::size_t i = 0; i < 64; ++i) out[i] = static_cast<std::uint8_t>((x[i / 4] + state[i / 4]) >> (8 * (i % 4)));
  return out;
}

Seed256 counting_seed() {
  Seed256 seed;
  std::iota(seed.bytes.begin(), seed.bytes.end(), std::uint8_t{0});
  return seed;
}

std::vector<std::uint8_t> take(Stream stream, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  stream.fill(bytes);
  return bytes;
}

TEST(Stream, ReferenceMeetsRfc8439) {
  // Section 2.3.2.
  const auto block = chacha20_block(counting_seed().bytes, 1, {0x09000000, 0x4a000000, 0});
  const std::array<std::uint8_t, 16> expected = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
                                                 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), block.begin()));
}

// RFC 8439 A.1, test vector 3: key 00..01, counter 1, nonce 0. Its second block is ours for
// domain 0, which no enumerator has.
TEST(Stream, MeetsRfc8439) {
  Seed256 seed;
  seed.bytes[31] = 1;
  const auto bytes = take(Stream(seed, static_cast<Domain>(0), 0), 128);
  const std::array<std::uint8_t, 16> expected = {0x3a, 0xeb, 0x52, 0x24, 0xec, 0xf8, 0x49, 0x92,
                                                 0x9b, 0x9d, 0x82, 0x8d, 0xb1, 0xce, 0xd4, 0xdd};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), bytes.begin() + 64));
}

TEST(Stream, PutsDomainAndIndexIntoTheNonce) {
  const auto bytes = take(Stream(counting_seed(), Domain::kError, 0x0123456789abcdef), 64 * 4);
  for (std::uint32_t counter = 0; counter < 4; ++counter) {
    const auto block = chacha20_block(counting_seed().bytes, counter, {3, 0x89abcdef, 0x01234567});
    EXPECT_TRUE(std::equal(block.begin(), block.end(), bytes.begin() + 64 * counter)) << counter;
  }
}

TEST(Stream, StateMakesItsBlocks) {
  // RFC 8439, section 2.3.2, but for its block counter.
  std::array<std::uint32_t, 16> state =
      public_stream_state(counting_seed(), static_cast<Domain>(0x09000000), 0x4a000000);
  EXPECT_EQ(state[12], 0U);
  state[12] = 1;
  EXPECT_EQ(state, (std::array<std::uint32_t, 16>{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,  //
                                                  0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,  //
                                                  0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,  //
                                                  0x00000001, 0x09000000, 0x4a000000, 0x00000000}));
  EXPECT_EQ(public_stream_state(Seed256(), Domain::kTest, 0x0123456789abcdef)[15], 0x01234567U);
}

TEST(Stream, CutsDoNotMatter) {
  const auto whole = take(Stream(counting_seed(), Domain::kTest, 1), 1000);
  Stream stream(counting_seed(), Domain::kTest, 1);
  std::vector<std::uint8_t> pieces(1000);
  for (std::size_t at = 0, size = 0; at < pieces.size(); at += size) {
    size = std::min<std::size_t>((at * 7 + 3) % 97, pieces.size() - at);
    stream.fill(std::span(pieces).subspan(at, size));
  }
  EXPECT_EQ(pieces, whole);
}

TEST(Stream, DiffersByDomainIndexAndSeed) {
  const auto base = take(Stream(counting_seed(), Domain::kTest, 1), 32);
  EXPECT_NE(take(Stream(counting_seed(), Domain::kUniform, 1), 32), base);
  EXPECT_NE(take(Stream(counting_seed(), Domain::kTest, 2), 32), base);
  EXPECT_NE(take(Stream(Seed256(), Domain::kTest, 1), 32), base);
  EXPECT_NE(derive_seed(counting_seed(), 0), derive_seed(counting_seed(), 1));
  EXPECT_EQ(derive_seed(counting_seed(), 5), derive_seed(counting_seed(), 5));
}

TEST(Seed, IsFreshEachTime) {
  const Seed256 seed = random_seed();
  EXPECT_NE(seed, random_seed());
  EXPECT_NE(seed, Seed256());
}

}  // namespace
}  // namespace obscura::fhe::random
