#include "fhe/kernels/uniform.hpp"

#include <bit>

#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {
namespace {

/// Eight blocks at once: row r holds word r of each, so that compilers find the same operation side by side.
constexpr std::size_t kBlocks = 8;
using Row = std::array<std::uint32_t, kBlocks>;
using Rows = std::array<Row, 16>;

template <int kBits>
void add_xor_rotate(Row& a, const Row& b, Row& d) {
  for (std::size_t i = 0; i < kBlocks; ++i) {
    a[i] += b[i];
    d[i] = std::rotl(d[i] ^ a[i], kBits);
  }
}

/// RFC 8439, section 2.1.
void quarter_round(Row& a, Row& b, Row& c, Row& d) {
  add_xor_rotate<16>(a, b, d);
  add_xor_rotate<12>(c, d, b);
  add_xor_rotate<8>(a, b, d);
  add_xor_rotate<7>(c, d, b);
}

/// The key stream of blocks block .. block + 7 as little-endian words (RFC 8439, section 2.3).
void make_blocks(std::uint64_t* out, const ChaChaState& state, std::uint32_t block) {
  Rows start;
  for (std::size_t r = 0; r < start.size(); ++r) start[r].fill(state[r]);
  for (std::size_t i = 0; i < kBlocks; ++i) start[kCounterRow][i] += block + static_cast<std::uint32_t>(i);
  Rows x = start;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 4; ++i) quarter_round(x[i], x[4 + i], x[8 + i], x[12 + i]);
    for (std::size_t i = 0; i < 4; ++i) {
      quarter_round(x[i], x[4 + (i + 1) % 4], x[8 + (i + 2) % 4], x[12 + (i + 3) % 4]);
    }
  }
  for (std::size_t i = 0; i < kBlocks; ++i) {
    for (std::size_t w = 0; w < kBlockWords; ++w) {
      const std::uint32_t low = x[2 * w][i] + start[2 * w][i];
      const std::uint32_t high = x[2 * w + 1][i] + start[2 * w + 1][i];
      out[kBlockWords * i + w] = std::uint64_t{high} << 32 | low;
    }
  }
}

}  // namespace

void uniform(std::uint64_t* out, std::size_t n, const arith::Modulus& q, const ChaChaState& state) {
  std::array<std::uint64_t, kBlocks * kBlockWords> words;
  std::uint32_t block = 0;
  draw_batches<kBlocks>(out, n, [&](std::uint64_t* to) {
    make_blocks(words.data(), state, block);
    block += kBlocks;
    return keep_residues(to, words.data(), words.size(), q);
  });
}

}  // namespace obscura::fhe::kernels::portable
