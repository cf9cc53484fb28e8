#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "fhe/arith/modulus.hpp"

/// What the uniform kernels of all sets share: a ChaCha20 key stream in batches of whole blocks, of whose 64-bit words
/// those below q stay (docs/formats.md, "Uniform polynomials").
namespace obscura::fhe::kernels {

/// The 16 words that a ChaCha20 block is made from (RFC 8439, section 2.3): constants, key, block counter, nonce.
using ChaChaState = std::array<std::uint32_t, 16>;

inline constexpr std::size_t kCounterRow = 12;
inline constexpr std::size_t kBlockWords = 8;  ///< of 64 bits

/// What of a word counts as a residue modulo q.
[[gnu::always_inline]] inline std::uint64_t residue_mask(const arith::Modulus& q) {
  return (std::uint64_t{1} << q.bits()) - 1;
}

/// Writes those of `count` words whose low bits are below q, in order; returns how many. out may hold all of them.
[[gnu::always_inline]] inline std::size_t keep_residues(std::uint64_t* out, const std::uint64_t* words,
                                                        std::size_t count, const arith::Modulus& q) {
  const std::uint64_t mask = residue_mask(q);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t candidate = words[i] & mask;
    out[kept] = candidate;
    kept += candidate < q.value() ? 1 : 0;
  }
  return kept;
}

/// Fills out from the batches of a stream in turn: draw(to) writes the residues among the next kBlocks blocks and
/// returns how many these are; it may touch a whole batch's words from `to` on.
template <std::size_t kBlocks, class Draw>
[[gnu::always_inline]] inline void draw_batches(std::uint64_t* out, std::size_t n, const Draw& draw) {
  constexpr std::size_t kWords = kBlocks * kBlockWords;
  std::size_t done = 0;
  while (done + kWords <= n) done += draw(out + done);
  while (done < n) {
    alignas(64) std::uint64_t last[kWords];
    const std::size_t count = std::min<std::size_t>(draw(last), n - done);
    std::copy_n(last, count, out + done);
    done += count;
  }
}

}  // namespace obscura::fhe::kernels
