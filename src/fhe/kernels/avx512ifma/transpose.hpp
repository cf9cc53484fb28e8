#pragma once

#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {

/// Transposes the 8 x 8 matrix whose rows are v[0..7].
[[gnu::always_inline]] inline void transpose(Vector* v) {
  Vector pair[8];
  unrolled<4>([&](auto k) {
    pair[2 * k] = _mm512_unpacklo_epi64(v[2 * k], v[2 * k + 1]);
    pair[2 * k + 1] = _mm512_unpackhi_epi64(v[2 * k], v[2 * k + 1]);
  });
  Vector quad[8];
  unrolled<4>([&](auto k) {
    constexpr std::size_t kAt = (k & 1) + (k & 2) * 2;  // 0, 1, 4, 5
    quad[kAt] = _mm512_shuffle_i64x2(pair[kAt], pair[kAt + 2], 0x88);
    quad[kAt + 2] = _mm512_shuffle_i64x2(pair[kAt], pair[kAt + 2], 0xdd);
  });
  unrolled<4>([&](auto k) {
    v[k] = _mm512_shuffle_i64x2(quad[k], quad[k + 4], 0x88);
    v[k + 4] = _mm512_shuffle_i64x2(quad[k], quad[k + 4], 0xdd);
  });
}

/// Transposes every eight rows of v.
template <std::size_t kRows>
[[gnu::always_inline]] inline void transpose_each(Vector (&v)[kRows]) {
  unrolled<kRows / 8>([&](auto k) { transpose(v + 8 * k); });
}

}  // namespace obscura::fhe::kernels::avx512ifma
