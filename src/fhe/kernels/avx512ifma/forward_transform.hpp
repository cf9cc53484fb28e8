#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fhe/kernels/avx512ifma/ntt_layout.hpp"
#include "fhe/kernels/avx512ifma/transpose.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

/// The forward transform of several rows modulo one prime, block by block: the factors of a block are in a cache for
/// all rows but the first, and so is a finished block of each row for what follows the transform.
namespace obscura::fhe::kernels::avx512ifma {

/// Harvey's butterfly: each stage adds 2q to the bound. But for kTight only the low 52 bits of a lane count in x and y,
/// in and out; above them is noise. kReduces: brings x below 4q first (kMedium).
template <Range kRange, bool kReduces>
struct ForwardButterfly {
  const VectorModulus& m;

  [[gnu::always_inline]] void operator()(Vector& x, Vector& y, VectorFactor factor, auto /*place*/) const {
    if constexpr (kRange == Range::kTight) {
      const Vector reduced = reduce_once(x, m.twice);
      const Vector t = multiply_lazy(y, factor.w, factor.w_quotient, m);
      y = sub64(add64(reduced, m.twice), t);
      x = add64(reduced, t);
    } else {
      if constexpr (kReduces) x = reduce_once(low52(x), m.quad);
      const Vector doubled = add64(add64(x, m.twice), x);
      const Vector quotient = add_high(zero(), y, factor.w_quotient);
      x = add_low(add_low(x, y, factor.w), quotient, m.minus_q);
      y = sub64(doubled, x);
    }
  }
};

/// Whether stage number `stage` of a transform reduces.
template <Range kRange>
constexpr bool reduces(std::size_t stage) {
  return kRange == Range::kMedium && stage % 2 == 1;
}

/// Memory to be asked for while something else is computed: the words first .. first + count - 1 of some rows, a few
/// lines at a time, since the processor drops requests that come faster than memory answers.
class Ahead {
 public:
  Ahead() = default;
  Ahead(std::span<const std::uint64_t* const> rows0, std::span<const std::uint64_t* const> rows1, std::size_t first,
        std::size_t count)
      : rows0_(rows0), rows1_(rows1), first_(first), count_(count), rows_(rows0.size() + rows1.size()) {}

  /// Where the next `lines` lines begin; nullptr when there are no more. A power of two that divides the rows.
  [[nodiscard]] const std::uint64_t* take(std::size_t lines) {
    if (row_ == rows_) return nullptr;
    const std::uint64_t* const row = row_ % 2 == 0 ? rows0_[row_ / 2] : rows1_[row_ / 2];
    const std::uint64_t* const from = row + first_ + word_;
    word_ += lines * kLanes;
    if (word_ == count_) {
      word_ = 0;
      ++row_;
    }
    return from;
  }

 private:
  std::span<const std::uint64_t* const> rows0_;
  std::span<const std::uint64_t* const> rows1_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t rows_ = 0;
  std::size_t row_ = 0;
  std::size_t word_ = 0;
};

/// Lines asked for during each stage of a pass over sixteen vectors, and of a leaf, which has one portion more.
inline constexpr std::size_t kLinesPerStage = 4;
inline constexpr std::size_t kLeafLines = 8 * kLinesPerStage;

template <std::size_t kLines>
[[gnu::always_inline]] inline void ask_for(const std::uint64_t* ahead) {
  unrolled<kLines>([&](auto k) { prefetch(ahead + k * kLanes); });
}

/// `kStages` stages on a block of 2^kStages * stride coefficients, whose first stage has one group and an odd or even
/// number in the whole transform. kAsks: for what is ahead, meanwhile.
template <std::size_t kStages, Range kRange, std::size_t kFirst, bool kAsks>
[[gnu::noinline, gnu::flatten]] void forward_pass(std::uint64_t* x, std::size_t stride, std::size_t node,
                                                  Twiddles twiddles, const VectorModulus& m, Ahead* ahead) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  for (std::size_t j = 0; j < stride; j += kLanes) {
    Vector v[kRadix];
    if constexpr (kAsks) {
      const std::uint64_t* const lines = ahead->take(kRadix);
      if (lines != nullptr) ask_for<kRadix>(lines);
    }
    unrolled<kRadix>([&](auto k) __attribute__((always_inline)) { v[k] = load(x + k * stride + j); });
    unrolled<kStages>([&](auto step) __attribute__((always_inline)) {
      stage<(kRadix >> (step + 1))>(
          v,
          [&](std::size_t group)
              __attribute__((always_inline)) { return group_factor(twiddles, (node << step) + group); },
          ForwardButterfly<kRange, reduces<kRange>(kFirst + step)>{m});
    });
    unrolled<kRadix>([&](auto k) __attribute__((always_inline)) { store(x + k * stride + j, v[k]); });
  }
}

/// The last seven stages of 128 coefficients. kCanonical: reduced to [0, q); otherwise below 2^52 with noise above, or,
/// when tight, below 4q. kAsks: for kLeafLines lines from `ahead` on, meanwhile.
template <Range kRange, std::size_t kFirst, bool kCanonical, bool kAsks>
[[gnu::noinline, gnu::flatten]] void forward_leaf(std::uint64_t* x, std::size_t node, Twiddles twiddles,
                                                  const VectorModulus& m, const std::uint64_t* ahead) {
  Vector v[kLeafVectors];
  const auto ask = [&](std::size_t portion) __attribute__((always_inline)) {
    if constexpr (kAsks) ask_for<kLinesPerStage>(ahead + portion * kLinesPerStage * kLanes);
  };
  ask(0);
  unrolled<kLeafVectors>([&](auto k) __attribute__((always_inline)) { v[k] = load(x + k * kLanes); });
  unrolled<4>([&](auto step) __attribute__((always_inline)) {
    ask(step + 1);
    stage<(std::size_t{8} >> step)>(
        v,
        [&](std::size_t group)
            __attribute__((always_inline)) { return group_factor(twiddles, (node << step) + group); },
        ForwardButterfly<kRange, reduces<kRange>(kFirst + step)>{m});
  });
  transpose_each(v);
  unrolled<3>([&](auto step) __attribute__((always_inline)) {
    ask(step + 5);
    stage<(std::size_t{4} >> step)>(
        v,
        [&](std::size_t group)
            __attribute__((always_inline)) { return lane_factors(twiddles, (node << (step + 4)) + kLanes * group); },
        ForwardButterfly<kRange, reduces<kRange>(kFirst + step + 4)>{m});
  });
  if constexpr (kCanonical) {
    unrolled<kLeafVectors>([&](auto k) __attribute__((always_inline)) {
      v[k] = reduce_once(kRange == Range::kTight ? reduce_once(v[k], m.twice) : reduce_lazy(v[k], m), m.q);
    });
  }
  transpose_each(v);
  unrolled<kLeafVectors>([&](auto k) __attribute__((always_inline)) { store(x + k * kLanes, v[k]); });
}

/// Coefficients of a row whose last stages run one after the other, while they stay in the first-level cache (16 KiB).
inline constexpr int kLogRowBlock = 11;

/// The transforms of all rows, block by block in order of the coefficients. After: operator()(first, count) follows on
/// finished coefficients first .. first + count - 1 of all rows; ahead(first, count) is what to ask for while they are
/// being finished.
template <Range kRange, bool kCanonical, bool kAsks, class After>
class ForwardTransform {
 public:
  ForwardTransform(std::span<std::uint64_t* const> rows, const NttTables& tables, const VectorModulus& m,
                   const After& after)
      : rows_(rows),
        twiddles_{tables.forward_w.get(), tables.forward_quotient.get()},
        m_(m),
        after_(after),
        log_n_(tables.log_n) {}

  void run() const { all_rows<0>({0, log_n_, 1}); }

 private:
  struct Block {
    std::size_t first;
    int log_count;
    std::size_t node;
    [[nodiscard]] std::size_t count() const { return std::size_t{1} << log_count; }
    /// Part k of 2^stages.
    [[nodiscard]] Block part(std::size_t k, std::size_t stages) const {
      const int log_part = log_count - static_cast<int>(stages);
      return {first + (k << log_part), log_part, (node << stages) + k};
    }
  };

  // kFirst: the parity of the block's first stage, where it matters.
  template <std::size_t kFirst>
  void all_rows(const Block& block) const {
    if (block.log_count <= kLogRowBlock) {
      Ahead ahead = after_.ahead(block.first, block.count());
      for (std::uint64_t* row : rows_) one_row<kFirst>(row, block, ahead);
      return after_(block.first, block.count());
    }
    split(block.log_count, [&](auto stages) {
      for (std::uint64_t* row : rows_) {
        forward_pass<stages, kRange, kFirst, false>(row + block.first, block.count() >> stages, block.node, twiddles_,
                                                    m_, nullptr);
      }
      for (std::size_t k = 0; k >> stages == 0; ++k) all_rows<next(kFirst + stages)>(block.part(k, stages));
    });
  }

  template <std::size_t kFirst>
  void one_row(std::uint64_t* row, const Block& block, Ahead& ahead) const {
    if (block.log_count == kLogLeaf) return leaf<kFirst>(row + block.first, block, ahead);
    split(block.log_count, [&](auto stages) {
      forward_pass<stages, kRange, kFirst, kAsks>(row + block.first, block.count() >> stages, block.node, twiddles_, m_,
                                                  &ahead);
      for (std::size_t k = 0; k >> stages == 0; ++k) {
        one_row<next(kFirst + stages)>(row, block.part(k, stages), ahead);
      }
    });
  }

  template <std::size_t kFirst>
  void leaf(std::uint64_t* x, const Block& block, Ahead& ahead) const {
    const std::size_t node = block.node;
    // The first of several rows fetches what the others find in the cache.
    if (log_n_ >= kLogLargeTables && x == rows_[0] + block.first) ask_for_lane_factors(twiddles_, node);
    if constexpr (kAsks) {
      const std::uint64_t* const lines = ahead.take(kLeafLines);
      if (lines != nullptr) return forward_leaf<kRange, kFirst, kCanonical, true>(x, node, twiddles_, m_, lines);
    }
    forward_leaf<kRange, kFirst, kCanonical, false>(x, node, twiddles_, m_, nullptr);
  }

  static constexpr std::size_t next(std::size_t stage) { return kRange == Range::kMedium ? stage % 2 : 0; }

  /// body(stages of the next pass, as a constant).
  template <class Body>
  static void split(int log_block, const Body& body) {
    switch (kPassStages[static_cast<std::size_t>(log_block - kLogLeaf)]) {
      case 1:
        return body(std::integral_constant<std::size_t, 1>{});
      case 2:
        return body(std::integral_constant<std::size_t, 2>{});
      case 3:
        return body(std::integral_constant<std::size_t, 3>{});
      default:
        return body(std::integral_constant<std::size_t, 4>{});
    }
  }

  std::span<std::uint64_t* const> rows_;
  Twiddles twiddles_;
  const VectorModulus& m_;
  const After& after_;
  int log_n_;
};

template <bool kCanonical, bool kAsks, class After>
void forward_transform(std::span<std::uint64_t* const> rows, const NttTables& tables, const VectorModulus& m,
                       const After& after) {
  switch (range_of(tables.q)) {
    case Range::kRoomy:
      return ForwardTransform<Range::kRoomy, kCanonical, kAsks, After>(rows, tables, m, after).run();
    case Range::kMedium:
      return ForwardTransform<Range::kMedium, kCanonical, kAsks, After>(rows, tables, m, after).run();
    case Range::kTight:
      return ForwardTransform<Range::kTight, kCanonical, kAsks, After>(rows, tables, m, after).run();
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
