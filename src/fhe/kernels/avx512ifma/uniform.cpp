#include "fhe/kernels/uniform.hpp"

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

/// Sixteen blocks at once: row r holds word r of each, in 32-bit lanes.
constexpr std::size_t kBlocks = 16;
constexpr std::size_t kRows = 16;

inline Vector broadcast32(std::uint32_t v) {
  return _mm512_set1_epi32(static_cast<int>(v));
}

template <int kBits>
[[gnu::always_inline]] inline void add_xor_rotate(Vector& a, const Vector& b, Vector& d) {
  a = _mm512_add_epi32(a, b);
  d = _mm512_rol_epi32(_mm512_xor_si512(d, a), kBits);
}

[[gnu::always_inline]] inline void quarter_rounds(Vector* x, std::size_t b, std::size_t c, std::size_t d) {
  unrolled<4>([&](auto i) { add_xor_rotate<16>(x[i], x[4 + (i + b) % 4], x[12 + (i + d) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<12>(x[8 + (i + c) % 4], x[12 + (i + d) % 4], x[4 + (i + b) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<8>(x[i], x[4 + (i + b) % 4], x[12 + (i + d) % 4]); });
  unrolled<4>([&](auto i) { add_xor_rotate<7>(x[8 + (i + c) % 4], x[12 + (i + d) % 4], x[4 + (i + b) % 4]); });
}

/// Rows to blocks: x[j] becomes the 64 bytes of block j.
[[gnu::always_inline]] inline void transpose_blocks(Vector* x) {
  Vector pair[kRows];
  unrolled<8>([&](auto k) {
    pair[2 * k] = _mm512_unpacklo_epi32(x[2 * k], x[2 * k + 1]);
    pair[2 * k + 1] = _mm512_unpackhi_epi32(x[2 * k], x[2 * k + 1]);
  });
  // quad[4 g + c]: words 4 g to 4 g + 3 of the blocks c, 4 + c, 8 + c and 12 + c.
  Vector quad[kRows];
  unrolled<8>([&](auto k) {
    constexpr std::size_t kAt = k / 2 * 4 + k % 2;  // 0, 1, 4, 5, 8, ...
    quad[k / 2 * 4 + k % 2 * 2] = _mm512_unpacklo_epi64(pair[kAt], pair[kAt + 2]);
    quad[k / 2 * 4 + k % 2 * 2 + 1] = _mm512_unpackhi_epi64(pair[kAt], pair[kAt + 2]);
  });
  unrolled<4>([&](auto c) {
    const Vector even_low = _mm512_shuffle_i32x4(quad[c], quad[4 + c], 0x88);
    const Vector odd_low = _mm512_shuffle_i32x4(quad[c], quad[4 + c], 0xdd);
    const Vector even_high = _mm512_shuffle_i32x4(quad[8 + c], quad[12 + c], 0x88);
    const Vector odd_high = _mm512_shuffle_i32x4(quad[8 + c], quad[12 + c], 0xdd);
    x[c] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    x[8 + c] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
    x[4 + c] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    x[12 + c] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
  });
}

/// Writes the residues among sixteen blocks in order; returns how many. `rows` are those of their states, but for the
/// block counters: in memory they would wait for the store that moved them on.
[[gnu::noinline]] std::size_t draw(std::uint64_t* out, const Vector* rows, Vector counters, Vector mask, Vector bound) {
  Vector x[kRows];
  unrolled<kRows>([&](auto r) { x[r] = r == kCounterRow ? counters : rows[r]; });
  for (int round = 0; round < 10; ++round) {
    quarter_rounds(x, 0, 0, 0);
    quarter_rounds(x, 1, 2, 3);
  }
  unrolled<kRows>([&](auto r) { x[r] = _mm512_add_epi32(x[r], r == kCounterRow ? counters : rows[r]); });
  transpose_blocks(x);
  Vector largest = zero();
  unrolled<kBlocks>([&](auto j) {
    x[j] = _mm512_and_si512(x[j], mask);
    largest = _mm512_max_epu64(largest, x[j]);
  });
  if (_mm512_cmpge_epu64_mask(largest, bound) == 0) {  // the rule where q is close to a power of two
    unrolled<kBlocks>([&](auto j) { store(out + kLanes * j, x[j]); });
    return kBlocks * kBlockWords;
  }
  std::uint64_t* end = out;
  unrolled<kBlocks>([&](auto j) {
    const __mmask8 kept = _mm512_cmplt_epu64_mask(x[j], bound);
    // Into a register first: compressing to memory is slow on Zen 4.
    store(end, _mm512_maskz_compress_epi64(kept, x[j]));
    end += __builtin_popcount(kept);
  });
  return static_cast<std::size_t>(end - out);
}

}  // namespace

void uniform(std::uint64_t* out, std::size_t n, const arith::Modulus& q, const ChaChaState& state) {
  const Vector mask = broadcast(residue_mask(q));
  const Vector bound = broadcast(q.value());
  Vector rows[kRows];
  for (std::size_t r = 0; r < kRows; ++r) rows[r] = broadcast32(state[r]);
  const Vector lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  Vector counters = _mm512_add_epi32(rows[kCounterRow], lane);
  draw_batches<kBlocks>(out, n, [&](std::uint64_t* to) {
    const std::size_t count = draw(to, rows, counters, mask, bound);
    counters = _mm512_add_epi32(counters, broadcast32(kBlocks));
    return count;
  });
}

}  // namespace obscura::fhe::kernels::avx512ifma
