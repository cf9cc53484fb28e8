#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fhe/kernels/avx512ifma/vector.hpp"
#include "fhe/kernels/ntt_tables.hpp"

/// What the forward and the inverse transform share: how 2^log_n coefficients are cut into passes,
/// and where a pass finds its factors.
namespace obscura::fhe::kernels::avx512ifma {

/// Blocks of 128 coefficients do their seven stages in sixteen registers. That is two transposed
/// blocks of 64, whose chains of dependent products overlap; one alone leaves the pipes half empty.
inline constexpr int kLogLeaf = 7;
inline constexpr std::size_t kLeafVectors = 16;

/// Limbs below this go to the portable transform.
inline constexpr int kLeastLogN = kLogLeaf + 1;

/// Stages of the pass that splits a block of 2^log_block coefficients, index log_block - kLogLeaf.
inline constexpr std::array<int, 11> kPassStages = {0, 1, 2, 3, 4, 2, 3, 3, 4, 3, 4};

/// How much of a word's 52 bits a modulus leaves for unreduced sums.
enum class Range {
  kRoomy,   ///< <= 46 bits: a forward transform reduces nothing (below 4q at first, below 38q after 17 stages)
  kMedium,  ///< <= 49 bits: everything stays below 8q; about half of the butterflies reduce, to 4q
  kTight,   ///< <= 50 bits: below 4q; every butterfly reduces, to 2q
};

inline Range range_of(const arith::Modulus& q) {
  constexpr int kRoomyBits = 46;
  constexpr int kMediumBits = 49;
  if (q.bits() <= kRoomyBits) return Range::kRoomy;
  return q.bits() <= kMediumBits ? Range::kMedium : Range::kTight;
}

/// Factors and quotients of one direction. Group i of the stage with m groups is node m + i; the
/// groups that a node splits into are nodes 2 * node and 2 * node + 1 (NttTables::position aside).
struct Twiddles {
  const std::uint64_t* w;
  const std::uint64_t* w_quotient;
};

/// A factor with its quotient, one per lane.
struct VectorFactor {
  Vector w;
  Vector w_quotient;
};

/// The one factor of a whole group.
[[gnu::always_inline]] inline VectorFactor group_factor(Twiddles twiddles, std::size_t node) {
  return {broadcast(twiddles.w[node]), broadcast(twiddles.w_quotient[node])};
}

/// The factors of eight groups, interleaved.
[[gnu::always_inline]] inline VectorFactor lane_factors(Twiddles twiddles, std::size_t node) {
  return {load(twiddles.w + node), load(twiddles.w_quotient + node)};
}

/// From this size on the factors of a limb and the limb leave no room in the second-level cache.
inline constexpr int kLogLargeTables = 15;

/// Asks for the factors that the leaf after next but seven will load: those of the last three stages, which are most of
/// all, each loaded once.
[[gnu::always_inline]] inline void ask_for_lane_factors(Twiddles twiddles, std::size_t node) {
  constexpr std::size_t kLeavesAhead = 8;
  unrolled<3>([&](auto step) __attribute__((always_inline)) {
    const std::size_t at = (node + kLeavesAhead) << (step + 4);
    unrolled<(2 << step)>([&](auto line) __attribute__((always_inline)) {
      prefetch(twiddles.w + at + line * kLanes);
      prefetch(twiddles.w_quotient + at + line * kLanes);
    });
  });
}

/// One stage on the vectors v: calls butterfly(x, y, factor(group), place of x as a constant) for the kCount / 2 pairs
/// that stand kHalf apart, groups counted from 0.
template <std::size_t kHalf, std::size_t kCount, class Factor, class Butterfly>
[[gnu::always_inline]] inline void stage(Vector (&v)[kCount], Factor&& factor, Butterfly&& butterfly) {
  unrolled<kCount / 2>([&](auto pair) {
    constexpr std::size_t kGroup = pair / kHalf;
    constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
    butterfly(v[kAt], v[kAt + kHalf], factor(kGroup), std::integral_constant<std::size_t, kAt>{});
  });
}

}  // namespace obscura::fhe::kernels::avx512ifma
