#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "fhe/ring/base_conversion.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// The most limbs of a block of for_each_block.
inline constexpr int kMostLimbsPerBlock = 4;

[[nodiscard]] inline int limbs_per_block(const RingContext& ring) {
  constexpr int kRowsLeaveCache = 1 << 14;
  return ring.degree() < kRowsLeaveCache ? 1 : kMostLimbsPerBlock;
}

/// body(i) for i in [0, count), shared among the ring's threads; one task per index. In the caller's
/// thread alone when there is nothing to share.
template <class Body>
void for_each_task(const RingContext& ring, int count, const Body& body) {
  if (count <= 1 || ring.parallel().threads() == 1) {
    for (int i = 0; i < count; ++i) body(i);
    return;
  }
  ring.parallel().for_each(static_cast<std::size_t>(count), [&body](std::size_t i) { body(static_cast<int>(i)); });
}

/// The same for element-wise work: shared only from 512 KiB on, below which handing a limb to another
/// core costs more than the work itself.
template <class Body>
void for_each_light_limb(const RingContext& ring, int limbs, const Body& body) {
  constexpr std::size_t kWordsWorthSharing = std::size_t{1} << 16;
  if (static_cast<std::size_t>(limbs) * static_cast<std::size_t>(ring.degree()) < kWordsWorthSharing) {
    for (int i = 0; i < limbs; ++i) body(i);
    return;
  }
  for_each_task(ring, limbs, body);
}

/// Words from one row to the next where several are read at once: rows a power of two apart would share the sets of a
/// cache, so each stands an eighth of a second-level cache's way, and five lines, further than the one before it.
[[nodiscard]] inline std::size_t row_stride(const RingContext& ring) {
  return static_cast<std::size_t>(ring.degree()) + 2088;
}

/// body(first, count) over limbs that are converted from the same rows: one by one where the rows stay in the
/// second-level cache, else in blocks that share a trip through them, equally many for each thread and all within one
/// limb of the same size.
template <class Body>
void for_each_block(const RingContext& ring, int limbs, const Body& body) {
  const int at_once = limbs_per_block(ring) * ring.parallel().threads();
  const int blocks = std::min(limbs, (limbs + at_once - 1) / at_once * ring.parallel().threads());
  for_each_task(ring, blocks, [&](int i) {
    const int first = i * limbs / blocks;
    body(first, (i + 1) * limbs / blocks - first);
  });
}

/// body(first, count) over the N coefficients of one limb, in chunks of at least 64 KiB shared among the threads.
template <class Body>
void for_each_chunk(const RingContext& ring, const Body& body) {
  constexpr int kChunkWords = 1 << 13;
  const int chunks = std::clamp(ring.degree() / kChunkWords, 1, ring.parallel().threads());
  const auto words = static_cast<std::size_t>(ring.degree() / chunks);
  for_each_task(ring, chunks, [&](int i) {
    const std::size_t first = static_cast<std::size_t>(i) * words;
    body(first, i + 1 == chunks ? static_cast<std::size_t>(ring.degree()) - first : words);
  });
}

/// v of the base conversion (CenteredConversion) for all coefficients; scaled: [inputs][N].
inline void round_quotients(const RingContext& ring, const CenteredConversion& conversion, std::uint64_t* out,
                            const std::uint64_t* const* scaled) {
  const auto inputs = static_cast<std::size_t>(conversion.inputs());
  for_each_chunk(ring, [&](std::size_t first, std::size_t count) {
    std::array<const std::uint64_t*, params::kMaxPrimes + 2> rows{};
    for (std::size_t k = 0; k < inputs; ++k) rows[k] = scaled[k] + first;
    ring.kernels().round_quotients(out + first, rows.data(), conversion.reciprocals(), inputs, count);
  });
}

}  // namespace obscura::fhe::ring
