#pragma once

#include <cstddef>

#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

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

}  // namespace obscura::fhe::ring
