#include "fhe/kernels/uniform.hpp"

#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/vector.hpp"

namespace obscura::fhe::kernels::avx2 {
namespace {

/// Eight blocks at once: row r holds word r of each, in 32-bit lanes.
constexpr std::size_t kBlocks = 8;
constexpr std::size_t kRows = 16;

inline Words broadcast32(std::uint32_t v) {
  return _mm256_set1_epi32(static_cast<int>(v));
}

template <int kBits>
[[gnu::always_inline]] inline Words rotate(Words x) {
  if constexpr (kBits % 8 == 0) {  // whole bytes
    constexpr long long kEven = kBits == 16 ? 0x0504070601000302 : 0x0605040702010003;
    constexpr long long kOdd = kEven + 0x0808080808080808;
    return _mm256_shuffle_epi8(x, _mm256_setr_epi64x(kEven, kOdd, kEven, kOdd));
  }
  return _mm256_or_si256(_mm256_slli_epi32(x, kBits), _mm256_srli_epi32(x, 32 - kBits));
}

template <int kBits>
[[gnu::always_inline]] inline void add_xor_rotate(Words& a, const Words& b, Words& d) {
  a = _mm256_add_epi32(a, b);
  d = rotate<kBits>(_mm256_xor_si256(d, a));
}

[[gnu::always_inline]] inline void quarter_rounds(Words* x, std::size_t b, std::size_t c, std::size_t d) {
  unrolled<4>([&](auto i) { add_xor_rotate<16>(x[i], x[4 + (i + b) % 4], x[12 + (i + d) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<12>(x[8 + (i + c) % 4], x[12 + (i + d) % 4], x[4 + (i + b) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<8>(x[i], x[4 + (i + b) % 4], x[12 + (i + d) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<7>(x[8 + (i + c) % 4], x[12 + (i + d) % 4], x[4 + (i + b) % 4]); });
}

/// Rows x[0..7] are words 0 to 7, or 8 to 15, of the blocks: writes these halves of the blocks.
[[gnu::always_inline]] inline void store_halves(std::uint64_t* out, const Words* x) {
  // quad[4 g + c]: words 4 g to 4 g + 3 of the blocks c and 4 + c.
  Words quad[8];
  unrolled<2>([&](auto g) {
    const Words low0 = _mm256_unpacklo_epi32(x[4 * g], x[4 * g + 1]);
    const Words high0 = _mm256_unpackhi_epi32(x[4 * g], x[4 * g + 1]);
    const Words low1 = _mm256_unpacklo_epi32(x[4 * g + 2], x[4 * g + 3]);
    const Words high1 = _mm256_unpackhi_epi32(x[4 * g + 2], x[4 * g + 3]);
    quad[4 * g] = _mm256_unpacklo_epi64(low0, low1);
    quad[4 * g + 1] = _mm256_unpackhi_epi64(low0, low1);
    quad[4 * g + 2] = _mm256_unpacklo_epi64(high0, high1);
    quad[4 * g + 3] = _mm256_unpackhi_epi64(high0, high1);
  });
  unrolled<4>([&](auto c) {
    store(out + kBlockWords * c, _mm256_permute2x128_si256(quad[c], quad[4 + c], 0x20));
    store(out + kBlockWords * (4 + c), _mm256_permute2x128_si256(quad[c], quad[4 + c], 0x31));
  });
}

/// The key stream of the blocks whose states stand in `start`.
[[gnu::noinline]] void make_blocks(std::uint64_t* out, const Words* start) {
  Words x[kRows];
  unrolled<kRows>([&](auto r) { x[r] = start[r]; });
  for (int round = 0; round < 10; ++round) {
    quarter_rounds(x, 0, 0, 0);
    quarter_rounds(x, 1, 2, 3);
  }
  unrolled<kRows>([&](auto r) { x[r] = _mm256_add_epi32(x[r], start[r]); });
  store_halves(out, x);
  store_halves(out + kBlockWords / 2, x + 8);
}

}  // namespace

void uniform(std::uint64_t* out, std::size_t n, const arith::Modulus& q, const ChaChaState& state) {
  Words start[kRows];
  for (std::size_t r = 0; r < kRows; ++r) start[r] = broadcast32(state[r]);
  start[kCounterRow] = _mm256_add_epi32(start[kCounterRow], _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  alignas(64) std::uint64_t words[kBlocks * kBlockWords];
  draw_batches<kBlocks>(out, n, [&](std::uint64_t* to) {
    make_blocks(words, start);
    start[kCounterRow] = _mm256_add_epi32(start[kCounterRow], broadcast32(kBlocks));
    return keep_residues(to, words, kBlocks * kBlockWords, q);
  });
}

}  // namespace obscura::fhe::kernels::avx2
