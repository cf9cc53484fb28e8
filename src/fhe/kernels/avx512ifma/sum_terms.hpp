#pragma once

#include <algorithm>
#include <cstddef>

#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {

/// Vectors of one chunk of a long sum: 2 KiB of every limb.
inline constexpr std::size_t kChunkVectors = 32;

/// Sums over `terms` limbs of n coefficients, chunk by chunk: limbs stand a power of two apart, so that
/// walking all of them at once defeats caches and prefetchers. Instead kGroup terms stream through a
/// chunk while its unreduced sums wait in the first-level cache.
///
/// Sums has fold(m), which makes room for per_fold >= kGroup more terms. initial(i) gives the sums
/// of the vector at coefficient i before any term, add_term(sums, t, i) adds term t, finish(i, sums)
/// takes the result.
template <std::size_t kGroup, class Sums, class Initial, class AddTerm, class Finish>
[[gnu::always_inline]] inline void sum_terms(std::size_t terms, std::size_t n, std::size_t per_fold,
                                             const VectorModulus& m, Initial&& initial, AddTerm&& add_term,
                                             Finish&& finish) {
  Sums waiting[kChunkVectors];
  for (std::size_t begin = 0; begin < n; begin += kChunkVectors * kLanes) {
    const std::size_t end = std::min(n, begin + kChunkVectors * kLanes);
    std::size_t room = per_fold;
    const auto add_group = [&](auto group, std::size_t t) {
      const bool is_first = t == 0;
      const bool is_last = t + group == terms;
      const bool is_full = room < group;
      room = (is_full ? per_fold : room) - group;
      for (std::size_t i = begin; i < end; i += kLanes) {
        Sums& wait = waiting[(i - begin) / kLanes];
        Sums sums = is_first ? initial(i) : wait;
        if (is_full) sums.fold(m);
        unrolled<group>([&](auto k) { add_term(sums, t + k, i); });
        if (is_last) {
          finish(i, sums);
        } else {
          wait = sums;
        }
      }
    };
    std::size_t t = 0;
    for (; t + kGroup <= terms; t += kGroup) add_group(std::integral_constant<std::size_t, kGroup>{}, t);
    unrolled<kGroup - 1>([&](auto less) {
      constexpr std::size_t kRest = kGroup - 1 - less;
      if (terms - t == kRest) add_group(std::integral_constant<std::size_t, kRest>{}, t);
    });
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
