#include "fhe/kernels/uniform.hpp"

#include <gtest/gtest.h>

#include "fhe/kernels/test_limbs.hpp"

namespace obscura::fhe::kernels {
namespace {

using arith::Modulus;
using test::Limb;

/// Block of a key stream as RFC 8439 prints it.
struct Vector {
  ChaChaState state;
  std::array<std::uint8_t, 64> block;
};

constexpr ChaChaState kZeroKey = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

/// Section 2.3.2, and appendix A.1, vectors 1 and 2.
const Vector kVectors[] = {
    {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110,
      0x17161514, 0x1b1a1918, 0x1f1e1d1c, 0x00000001, 0x09000000, 0x4a000000, 0x00000000},
     {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
      0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
      0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
      0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e}},
    {kZeroKey, {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
                0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7,
                0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
                0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86}},
    {{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, 1},
     {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d,
      0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69, 0x12, 0xc6, 0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed,
      0x29, 0xb7, 0x21, 0x76, 0x9c, 0xe6, 0x4e, 0x43, 0xd5, 0x71, 0x33, 0xb0, 0x74, 0xd8, 0x39, 0xd5,
      0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45, 0xac, 0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f}},
};

/// The rule of docs/formats.md, byte by byte.
std::vector<std::uint64_t> residues(const std::array<std::uint8_t, 64>& block, const Modulus& q) {
  std::vector<std::uint64_t> result;
  for (std::size_t w = 0; w < 8; ++w) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) word |= std::uint64_t{block[8 * w + b]} << (8 * b);
    word %= std::uint64_t{1} << q.bits();
    if (word < q.value()) result.push_back(word);
  }
  return result;
}

/// From moduli that keep nearly every word to those that drop nearly half.
std::vector<Modulus> moduli() {
  std::vector<Modulus> result = test::primes_for(13);
  for (const int bits : {20, 33, 50}) {
    result.emplace_back((std::uint64_t{1} << (bits - 1)) + 1);
    result.emplace_back((std::uint64_t{3} << (bits - 2)) + 1);
  }
  return result;
}

TEST(UniformKernel, MeetsRfc8439) {
  for (const KernelTable* set : available_kernels()) {
    for (const Modulus& q : moduli()) {
      for (const Vector& vector : kVectors) {
        Limb limb(8);
        set->uniform(limb.data(), limb.size(), q, vector.state);
        const std::vector<std::uint64_t> expected = residues(vector.block, q);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), limb.data())) << set->name << " q=" << q.value();
      }
    }
  }
}

TEST(UniformKernel, ShorterLimbsAreParts) {
  for (const KernelTable* set : available_kernels()) {
    for (const Modulus& q : moduli()) {
      Limb whole(1 << 13);
      set->uniform(whole.data(), whole.size(), q, kVectors[0].state);
      EXPECT_LT(*std::max_element(whole.data(), whole.data() + whole.size()), q.value());
      for (std::size_t n = 8; n < whole.size(); n *= 2) {
        std::vector<std::uint64_t> part(n + 8, 7);
        set->uniform(part.data(), n, q, kVectors[0].state);
        EXPECT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n), whole.data()));
        EXPECT_EQ(std::count(part.begin() + static_cast<std::ptrdiff_t>(n), part.end(), 7), 8) << "writes too far";
      }
    }
  }
}

TEST(UniformKernel, SetsAgree) {
  std::mt19937_64 random(test::kSeed);
  for (const Modulus& q : moduli()) {
    for (std::size_t n = 8; n <= std::size_t{1} << 14; n *= 2) {
      ChaChaState state = kZeroKey;
      for (std::size_t i = 4; i < state.size(); ++i) state[i] = static_cast<std::uint32_t>(random());
      state[kCounterRow] = n % 32 == 0 ? 0 : 0xfffffff7;  // past the end of the counter too
      Limb expected(n);
      portable_kernels().uniform(expected.data(), n, q, state);
      for (const KernelTable* set : available_kernels()) {
        Limb actual(n);
        set->uniform(actual.data(), n, q, state);
        EXPECT_TRUE(actual == expected) << set->name << " n=" << n << " q=" << q.value();
      }
    }
  }
}

}  // namespace
}  // namespace obscura::fhe::kernels
