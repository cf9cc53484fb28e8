#pragma once

#include <cstddef>

#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks::detail {

/// body(i) for i in [0, limbs); shared among the ring's threads from 512 KiB a polynomial on, below which
/// handing an element-wise loop to another core costs more than the loop.
template <class Body>
void for_each_limb(const ring::RingContext& ring, int limbs, const Body& body) {
  constexpr std::size_t kWordsWorthSharing = std::size_t{1} << 16;
  const auto count = static_cast<std::size_t>(limbs);
  if (ring.parallel().threads() == 1 || count * static_cast<std::size_t>(ring.degree()) < kWordsWorthSharing) {
    for (int i = 0; i < limbs; ++i) body(i);
    return;
  }
  ring.parallel().for_each(count, [&body](std::size_t i) { body(static_cast<int>(i)); });
}

}  // namespace obscura::fhe::ckks::detail
