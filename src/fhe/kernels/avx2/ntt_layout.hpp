#pragma once

#include <cstddef>
#include <cstdint>

#include "fhe/kernels/avx2/vector.hpp"
#include "fhe/kernels/ntt_tables.hpp"

/// What the forward and the inverse transform share: how 2^log_n coefficients are cut into passes, and where a pass
/// finds its factors. Between passes the limb holds doubles.
///
/// Bounds are in units of q. Tight, q < 2^50: factors in [-1/2, 1/2], so that y of magnitude b becomes a product of at
/// most 1/2 + b/8, and b may be up to 4. Roomy, q < 2^46: factors in [0, 1), a product of at most 1/2 + b/64, and b may
/// be up to 32.
namespace obscura::fhe::kernels::avx2 {

/// Blocks of 64 coefficients do their six stages at once, and passes take a cache line of every row: twice what
/// registers hold, but only so are there enough products at a time that do not wait for each other.
inline constexpr int kLogLeaf = 6;
inline constexpr std::size_t kLeafVectors = 16;

/// Limbs below this go to the portable transform.
inline constexpr int kLeastLogN = kLogLeaf + 1;

/// Stages of the pass that splits a block of 2^log_block coefficients, index log_block - kLogLeaf.
inline constexpr int kPassStages[] = {0, 1, 2, 3, 2, 2, 3, 2, 2, 3, 2, 2};

inline constexpr int kRoomyBits = 45;

/// Doubles in a limb of words.
[[gnu::always_inline]] inline Doubles load_stored(const std::uint64_t* p) {
  return _mm256_loadu_pd(reinterpret_cast<const double*>(p));
}
[[gnu::always_inline]] inline void store_doubles(std::uint64_t* p, Doubles v) {
  _mm256_storeu_pd(reinterpret_cast<double*>(p), v);
}

/// Factors in [0, q) as doubles in the range of the path.
template <bool kRoomy>
[[gnu::always_inline]] inline Doubles factors(Words w, const VectorModulus& m) {
  const Doubles x = to_doubles(w);
  return kRoomy ? x : centered(x, m);
}

/// The factors of kStages stages whose first has one group, each spread over all lanes. Group i of the stage with m
/// groups is node m + i (NttTables::position aside); the groups that a node splits into are nodes 2 * node and
/// 2 * node + 1.
template <int kStages, bool kRoomy>
struct GroupFactors {
  [[gnu::always_inline]] GroupFactors(const std::uint64_t* w, std::size_t node, const VectorModulus& m) {
    unrolled<kStages>([&](auto step) {
      unrolled<(std::size_t{1} << step)>([&](auto group) {
        spread[(std::size_t{1} << step) + group] = factors<kRoomy>(broadcast(w[(node << step) + group]), m);
      });
    });
  }
  /// Of a group of the stage with kGroups groups.
  template <std::size_t kGroups>
  [[gnu::always_inline]] Doubles of(std::size_t group) const {
    return spread[kGroups + group];
  }

  Doubles spread[std::size_t{1} << kStages];
};

/// One stage on the vectors v: calls butterfly(x, y, factor(group)) for the kCount / 2 pairs that stand kHalf apart,
/// groups counted from 0.
template <std::size_t kHalf, std::size_t kCount, class Factor, class Butterfly>
[[gnu::always_inline]] inline void stage(Doubles (&v)[kCount], Factor&& factor, Butterfly&& butterfly) {
  unrolled<kCount / 2>([&](auto pair) {
    constexpr std::size_t kGroup = pair / kHalf;
    constexpr std::size_t kAt = 2 * kGroup * kHalf + pair % kHalf;
    butterfly(v[kAt], v[kAt + kHalf], factor(std::integral_constant<std::size_t, kGroup>{}));
  });
}

/// A leaf's sixteen rows of four coefficients, as two times two blocks of four rows: NttTables::position gives the rows
/// 8 * half + parity + {0, 2, 4, 6} their factors in one vector.
struct RowBlock {
  std::size_t half;
  std::size_t parity;

  [[nodiscard]] constexpr std::size_t row(std::size_t k) const { return 8 * half + parity + 2 * k; }
};

/// The factors of a leaf's two last stages.
template <bool kRoomy>
struct LaneFactors {
  /// The stage with one group a row.
  [[gnu::always_inline]] Doubles of_rows(RowBlock block) const {
    return factors<kRoomy>(load(w + (node << 4) + 8 * block.parity + kLanes * block.half), m);
  }
  /// The stage with two groups a row.
  [[gnu::always_inline]] Doubles of_pairs(RowBlock block, std::size_t group) const {
    return factors<kRoomy>(load(w + (node << 5) + 16 * block.parity + 8 * group + kLanes * block.half), m);
  }

  const std::uint64_t* w;
  std::size_t node;
  const VectorModulus& m;
};

/// Calls f for the blocks of a leaf.
template <class F>
[[gnu::always_inline]] inline void for_each_block(F&& f) {
  unrolled<4>([&](auto k) { f(RowBlock{k / 2, k % 2}); });
}

/// Transposes the 4 x 4 matrix of these rows.
[[gnu::always_inline]] inline void transpose(Doubles (&v)[4]) {
  const Doubles a = _mm256_unpacklo_pd(v[0], v[1]);
  const Doubles b = _mm256_unpackhi_pd(v[0], v[1]);
  const Doubles c = _mm256_unpacklo_pd(v[2], v[3]);
  const Doubles d = _mm256_unpackhi_pd(v[2], v[3]);
  v[0] = _mm256_permute2f128_pd(a, c, 0x20);
  v[1] = _mm256_permute2f128_pd(b, d, 0x20);
  v[2] = _mm256_permute2f128_pd(a, c, 0x31);
  v[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

}  // namespace obscura::fhe::kernels::avx2
