#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

constexpr std::size_t kMostTerms = 10;
/// Targets that share a trip through the inputs, and vectors that share a load of the constants.
constexpr std::size_t kTargets = 4;
constexpr std::size_t kVectors = 2;

/// How far ahead inputs and outputs are asked for: the lines of a dozen rows are too many for the processor to guess.
constexpr std::size_t kAhead = 12 * kLanes;

/// Inputs below 2^50 times factors, each less the multiple of q that its quotient counts, are below 5/4 q: so many of
/// them need one reduction, if any, to get below 4q.
constexpr std::size_t kQuotientTerms = 4;

bool sum_fits_52_bits(std::size_t terms, const arith::Modulus& to) {
  return terms < kQuotientTerms || (terms == kQuotientTerms && to.bits() < arith::kMaxModulusBits);
}

/// Rows, outputs and constants of a lift from kTerms rows and one of multiples, side by side.
template <std::size_t kCount, std::size_t kTerms>
struct Lift {
  Lift(const LiftTarget* targets, const std::uint64_t* const* scaled_in) {
    std::copy_n(scaled_in, kTerms + 1, rows);
    for (std::size_t o = 0; o < kCount; ++o) {
      out[o] = targets[o].sum.out;
      q[o] = targets[o].sum.to;
      multiples[o] = targets[o].multiples;
      minus_q[o] = (std::uint64_t{1} << arith::kShoupBits) - q[o]->value();
      for (std::size_t k = 0; k < kTerms; ++k) {
        factors[k][o] = targets[o].sum.factors[k];
        quotients[k][o] = targets[o].quotients[k];
      }
    }
  }
  const std::uint64_t* rows[kTerms + 1];
  std::uint64_t* out[kCount];
  const arith::Modulus* q[kCount];
  const std::uint64_t* multiples[kCount];
  std::uint64_t minus_q[kCount];
  std::uint64_t factors[kTerms][kCount];
  std::uint64_t quotients[kTerms][kCount];
};

/// Entry `index` of a table, in registers: no address depends on it.
template <std::size_t kTerms>
[[gnu::always_inline]] inline Vector look_up(const std::uint64_t* table, Vector index) {
  if constexpr (kTerms < kLanes) return _mm512_permutexvar_epi64(index, load(table));
  return _mm512_permutex2var_epi64(load(table), index, load(table + kLanes));
}

/// Coefficients i .. i + kVectors * kLanes - 1. kByQuotients: sums stay below 2^52, since every product comes less what
/// its quotient counts.
template <std::size_t kCount, std::size_t kTerms, bool kByQuotients>
[[gnu::always_inline]] inline void lift_vectors(const Lift<kCount, kTerms>& lift, std::size_t i) {
  // The low half of a sum, and its high half or what the quotients count.
  Accumulator sums[kCount][kVectors];
  const auto multiples = [&](auto v, auto o) __attribute__((always_inline)) {
    return look_up<kTerms>(lift.multiples[o], load(lift.rows[kTerms] + i + v * kLanes));
  };
  const auto each = [](const auto& body) __attribute__((always_inline)) {
    unrolled<kCount>([&](auto o) __attribute__((always_inline)) {
      unrolled<kVectors>([&](auto v) __attribute__((always_inline)) { body(v, o); });
    });
  };
  if constexpr (!kByQuotients)
    each([&](auto v, auto o) __attribute__((always_inline)) { sums[o][v].low = multiples(v, o); });
  unrolled<kTerms>([&](auto k) __attribute__((always_inline)) {
    Vector x[kVectors];
    unrolled<kVectors>([&](auto v) __attribute__((always_inline)) { x[v] = load(lift.rows[k] + i + v * kLanes); });
    unrolled<kCount>([&](auto o) __attribute__((always_inline)) {
      const Vector factor = broadcast(lift.factors[k][o]);
      const Vector other = kByQuotients ? broadcast(lift.quotients[k][o]) : factor;
      unrolled<kVectors>([&](auto v) __attribute__((always_inline)) {
        sums[o][v].low = add_low(sums[o][v].low, x[v], factor);
        sums[o][v].high = add_high(sums[o][v].high, x[v], other);
      });
    });
  });
  each([&](auto v, auto o) __attribute__((always_inline)) {
    const Accumulator& sum = sums[o][v];
    Vector total;
    if constexpr (kByQuotients) {
      total = low52(add_low(sum.low, sum.high, broadcast(lift.minus_q[o])));
      total = add64(total, multiples(v, o));  // < (5/4 kTerms + 1) q
      if constexpr (kTerms > 2) total = reduce_once(total, broadcast(4 * lift.q[o]->value()));
    } else {
      total = reduce_sum_lazy(sum.high, sum.low, VectorModulus(*lift.q[o]));
    }
    store(lift.out[o] + i + v * kLanes, total);
  });
}

template <std::size_t kCount, std::size_t kTerms, bool kByQuotients>
[[gnu::noinline, gnu::flatten]] void lift_rows(const LiftTarget* targets, const std::uint64_t* const* scaled_in,
                                               std::size_t n) {
  const Lift<kCount, kTerms> lift(targets, scaled_in);
  for (std::size_t i = 0; i < n; i += kVectors * kLanes) {
    // The constants stay in memory, where a product takes them from: there are too many for the registers.
    __asm__ volatile("" ::: "memory");
    unrolled<kVectors>([&](auto v) {
      const std::size_t ahead = i + v * kLanes + kAhead;
      unrolled<kTerms + 1>([&](auto k) { prefetch(lift.rows[k] + ahead); });
      unrolled<kCount>([&](auto o) { prefetch_to_write(lift.out[o] + ahead); });
    });
    lift_vectors<kCount, kTerms, kByQuotients>(lift, i);
  }
}

template <std::size_t kCount, std::size_t kTerms>
void lift_from(const LiftTarget* targets, const std::uint64_t* const* scaled_in, std::size_t n) {
  if constexpr (kTerms <= kQuotientTerms) {
    if (std::all_of(targets, targets + kCount, [](const LiftTarget& t) { return sum_fits_52_bits(kTerms, *t.sum.to); }))
      return lift_rows<kCount, kTerms, true>(targets, scaled_in, n);
  }
  lift_rows<kCount, kTerms, false>(targets, scaled_in, n);
}

template <std::size_t kCount>
void lift_to(const LiftTarget* targets, const std::uint64_t* const* scaled_in, std::size_t inputs, std::size_t n) {
  [&]<std::size_t... kLess>(std::index_sequence<kLess...>) {
    ((inputs == kLess + 2 ? lift_from<kCount, kLess + 1>(targets, scaled_in, n) : void()), ...);
  }
  (std::make_index_sequence<kMostTerms>{});
}

void convert_each(const LiftTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                  std::size_t inputs, std::size_t n) {
  for (std::size_t t = 0; t < target_count; ++t) base_convert(&targets[t].sum, 1, scaled_in, inputs, n);
}

}  // namespace

void lift(const LiftTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
          std::size_t inputs, std::size_t n) {
  if (inputs < 2 || inputs > kMostTerms + 1 || n < kVectors * kLanes) {
    return convert_each(targets, target_count, scaled_in, inputs, n);
  }
  std::size_t done = 0;
  for (; done + kTargets <= target_count; done += kTargets) {
    lift_to<kTargets>(targets + done, scaled_in, inputs, n);
  }
  const LiftTarget* rest = targets + done;
  switch (target_count - done) {
    case 3:
      return lift_to<3>(rest, scaled_in, inputs, n);
    case 2:
      return lift_to<2>(rest, scaled_in, inputs, n);
    case 1:
      return lift_to<1>(rest, scaled_in, inputs, n);
    default:
      return;
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
