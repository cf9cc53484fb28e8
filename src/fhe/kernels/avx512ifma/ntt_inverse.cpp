#include <algorithm>

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/ntt_layout.hpp"
#include "fhe/kernels/avx512ifma/transpose.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"
#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

/// How far above q coefficients between passes may be, in multiples of q.
constexpr std::size_t kBetweenPasses = 4;

struct InverseModulus : VectorModulus {
  /// n_inverse and last: the factors of the two halves of the last stage.
  InverseModulus(const NttTables& tables, arith::ShoupFactor n_inverse_in, arith::ShoupFactor last_in)
      : VectorModulus(tables.q),
        large_tables(tables.log_n >= kLogLargeTables),
        offset(broadcast(16 * tables.q.value())),
        n_inverse{broadcast(n_inverse_in.w), broadcast(n_inverse_in.w_quotient)},
        last{broadcast(last_in.w), broadcast(last_in.w_quotient)} {}

  bool large_tables;
  Vector offset;  ///< makes differences positive on the roomy path
  VectorFactor n_inverse;
  VectorFactor last;
};

/// x - y plus a multiple of q that is no less than y: tight 2q, medium 4q, roomy 16q.
template <Range kRange>
[[gnu::always_inline]] inline Vector difference(Vector x, Vector y, const InverseModulus& m) {
  if constexpr (kRange == Range::kTight) return sub64(add64(x, m.twice), y);
  return sub64(add64(x, kRange == Range::kRoomy ? m.offset : m.quad), y);
}

/// Medium: the bound, in multiples of q, of the vector at `place` after so many stages of a pass that begins below
/// `start`: a product is below 2q, a sum is below both bounds and brought below 4q where that is more.
constexpr std::size_t bound_after(std::size_t stages, std::size_t place, std::size_t start) {
  std::size_t bound = start;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    bound = place >> stage & 1 ? 2 : std::min<std::size_t>(2 * bound, 4);
  }
  return bound;
}

/// The Gentleman-Sande butterfly of stage kStage of a pass. Tight: < 2q in and out. Roomy: y below 2q, x twice its
/// bound, which must not exceed 32q < 2^52 after a chain of sums. Medium: as bound_after says. But for tight only the
/// low 52 bits of a lane count; above them is noise.
template <Range kRange, std::size_t kStage, std::size_t kStart>
struct Butterfly {
  const InverseModulus& m;

  [[gnu::always_inline]] void operator()(Vector& x, Vector& y, VectorFactor factor, auto place) const {
    const Vector d = difference<kRange>(x, y, m);
    x = add64(x, y);
    if constexpr (kRange == Range::kTight) {
      x = reduce_once(x, m.twice);
      y = multiply_lazy(d, factor.w, factor.w_quotient, m);
    } else {
      constexpr bool kReduces = kRange == Range::kMedium && bound_after(kStage, place, kStart) > 2;
      if constexpr (kReduces) x = reduce_once(low52(x), m.quad);
      y = multiply_noisy(d, factor.w, factor.w_quotient, m);
    }
  }
};

/// The last stage of all: brings in 1/N; results in [0, q).
template <Range kRange>
struct LastButterfly {
  const InverseModulus& m;

  [[gnu::always_inline]] void operator()(Vector& x, Vector& y, VectorFactor, auto /*place*/) const {
    const Vector d = difference<kRange>(x, y, m);
    x = reduce_once(multiply_lazy(add64(x, y), m.n_inverse.w, m.n_inverse.w_quotient, m), m.q);
    y = reduce_once(multiply_lazy(d, m.last.w, m.last.w_quotient, m), m.q);
  }
};

/// Roomy: in every kGroup vectors the first half may be above 2q; the others have just been multiplied.
template <Range kRange, std::size_t kGroup, std::size_t kCount>
[[gnu::always_inline]] inline void restore_range(Vector (&v)[kCount], const InverseModulus& m) {
  if constexpr (kRange == Range::kRoomy) {
    unrolled<kCount / 2>([&](auto k) {
      Vector& sum = v[k / (kGroup / 2) * kGroup + k % (kGroup / 2)];
      sum = reduce_lazy(sum, m);
    });
  }
}

/// The first seven stages of 128 coefficients in [0, q); results < 2q, medium < 4q.
template <Range kRange>
[[gnu::noinline, gnu::flatten]] void leaf(std::uint64_t* out, const std::uint64_t* x, std::size_t node,
                                          Twiddles twiddles, const InverseModulus& m) {
  Vector v[kLeafVectors];
  unrolled<kLeafVectors>([&](auto k) { v[k] = load(x + k * kLanes); });
  transpose_each(v);
  unrolled<3>([&](auto step) {
    stage<(std::size_t{1} << step)>(
        v, [&](std::size_t group) { return lane_factors(twiddles, (node << (6 - step)) + kLanes * group); },
        Butterfly<kRange, step, 1>{m});
  });
  restore_range<kRange, 8>(v, m);
  transpose_each(v);
  unrolled<4>([&](auto step) {
    stage<(std::size_t{1} << step)>(
        v, [&](std::size_t group) { return group_factor(twiddles, (node << (3 - step)) + group); },
        Butterfly<kRange, step, kBetweenPasses>{m});
  });
  restore_range<kRange, kLeafVectors>(v, m);
  unrolled<kLeafVectors>([&](auto k) { store(out + k * kLanes, v[k]); });
}

// `kStages` stages on a block of 2^kStages * stride coefficients, whose last stage has one group.
// kLast: that stage is the last of all.
template <int kStages, Range kRange, bool kLast>
[[gnu::noinline, gnu::flatten]] void pass(std::uint64_t* x, std::size_t stride, std::size_t node, Twiddles twiddles,
                                          const InverseModulus& m) {
  constexpr std::size_t kRadix = std::size_t{1} << kStages;
  for (std::size_t j = 0; j < stride; j += kLanes) {
    Vector v[kRadix];
    unrolled<kRadix>([&](auto k) { v[k] = load(x + k * stride + j); });
    unrolled<(kLast ? kStages - 1 : kStages)>([&](auto step) {
      stage<(std::size_t{1} << step)>(
          v, [&](std::size_t group) { return group_factor(twiddles, (node << (kStages - 1 - step)) + group); },
          Butterfly<kRange, step, kBetweenPasses>{m});
    });
    if constexpr (kLast) {
      stage<kRadix / 2>(
          v, [](std::size_t) { return VectorFactor{}; }, LastButterfly<kRange>{m});
    } else {
      restore_range<kRange, kRadix>(v, m);
    }
    unrolled<kRadix>([&](auto k) { store(x + k * stride + j, v[k]); });
  }
}

template <Range kRange, bool kLast>
void transform(std::uint64_t* out, const std::uint64_t* x, int log_block, std::size_t node, Twiddles twiddles,
               const InverseModulus& m) {
  const int stages = kPassStages[static_cast<std::size_t>(log_block - kLogLeaf)];
  if (stages == 0) {
    if (m.large_tables) ask_for_lane_factors(twiddles, node);
    return leaf<kRange>(out, x, node, twiddles, m);
  }
  const int log_part = log_block - stages;
  const std::size_t part = std::size_t{1} << log_part;
  for (std::size_t k = 0; k >> stages == 0; ++k) {
    transform<kRange, false>(out + k * part, x + k * part, log_part, (node << stages) + k, twiddles, m);
  }
  switch (stages) {
    case 1:
      return pass<1, kRange, kLast>(out, part, node, twiddles, m);
    case 2:
      return pass<2, kRange, kLast>(out, part, node, twiddles, m);
    case 3:
      return pass<3, kRange, kLast>(out, part, node, twiddles, m);
    default:
      return pass<4, kRange, kLast>(out, part, node, twiddles, m);
  }
}

// `n_inverse` and `last`: the factors of the two halves of the last stage.
void invert(std::uint64_t* out, const std::uint64_t* x, const NttTables& tables, arith::ShoupFactor n_inverse,
            arith::ShoupFactor last) {
  const InverseModulus m(tables, n_inverse, last);
  const Twiddles twiddles{tables.inverse_w.get(), tables.inverse_quotient.get()};
  switch (range_of(tables.q)) {
    case Range::kRoomy:
      return transform<Range::kRoomy, true>(out, x, tables.log_n, 1, twiddles, m);
    case Range::kMedium:
      return transform<Range::kMedium, true>(out, x, tables.log_n, 1, twiddles, m);
    case Range::kTight:
      return transform<Range::kTight, true>(out, x, tables.log_n, 1, twiddles, m);
  }
}

}  // namespace

void ntt_inverse(std::uint64_t* x, const NttTables& tables) {
  if (tables.log_n < kLeastLogN) return portable::ntt_inverse(x, tables);
  invert(x, x, tables, tables.n_inverse, tables.n_inverse_last);
}

void ntt_inverse_scaled(std::uint64_t* out, const std::uint64_t* x, const NttTables& tables, arith::ShoupFactor w) {
  const arith::Modulus& q = tables.q;
  if (tables.log_n < kLeastLogN) {
    if (out != x) std::copy_n(x, tables.size(), out);
    portable::ntt_inverse(out, tables);
    return portable::multiply_scalar(out, out, tables.size(), w, q);
  }
  invert(out, x, tables, arith::make_shoup(arith::mul_mod(tables.n_inverse.w, w.w, q), q),
         arith::make_shoup(arith::mul_mod(tables.n_inverse_last.w, w.w, q), q));
}

}  // namespace obscura::fhe::kernels::avx512ifma
