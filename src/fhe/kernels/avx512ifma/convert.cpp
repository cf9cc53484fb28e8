#include <algorithm>

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/sum_terms.hpp"
#include "fhe/kernels/avx512ifma/vector.hpp"

namespace obscura::fhe::kernels::avx512ifma {

using arith::Modulus;

namespace {

/// Targets that share a trip through the inputs: their sums take half of the registers.
constexpr std::size_t kTargets = 4;

/// How far ahead inputs and outputs are asked for: the lines of a dozen rows are too many for the processor to guess.
constexpr std::size_t kAhead = 12 * kLanes;

[[gnu::flatten]] void convert_one(const ConversionTarget& target, const std::uint64_t* const* scaled_in,
                                  std::size_t inputs, std::size_t n) {
  const VectorModulus m(*target.to);
  sum_terms<12, Accumulator>(
      inputs, n, products_per_fold(arith::kMaxModulusBits, target.to->bits()), m,
      [](std::size_t) { return Accumulator{}; },
      [&](Accumulator& sum, std::size_t t, std::size_t i) {
        sum.add_product(load(scaled_in[t] + i), broadcast(target.factors[t]));
      },
      [&](std::size_t i, const Accumulator& sum) { store(target.out + i, sum.reduced(m)); });
}

template <std::size_t kCount>
[[gnu::flatten]] void convert_block(const ConversionTarget* targets, const std::uint64_t* const* scaled_in,
                                    std::size_t inputs, std::size_t n) {
  std::size_t per_fold = inputs;
  for (std::size_t o = 0; o < kCount; ++o) {
    per_fold = std::min(per_fold, products_per_fold(arith::kMaxModulusBits, targets[o].to->bits()));
  }
  for (std::size_t i = 0; i < n; i += kLanes) {
    Accumulator sums[kCount];
    for (std::size_t begin = 0; begin < inputs; begin += per_fold) {
      if (begin > 0) unrolled<kCount>([&](auto o) { sums[o].fold(VectorModulus(*targets[o].to)); });
      for (std::size_t k = begin; k < std::min(begin + per_fold, inputs); ++k) {
        const Vector x = load(scaled_in[k] + i);
        prefetch(scaled_in[k] + i + kAhead);
        unrolled<kCount>([&](auto o) { sums[o].add_product(x, broadcast(targets[o].factors[k])); });
      }
    }
    unrolled<kCount>([&](auto o) { prefetch_to_write(targets[o].out + i + kAhead); });
    unrolled<kCount>([&](auto o) { store(targets[o].out + i, sums[o].reduced(VectorModulus(*targets[o].to))); });
  }
}

}  // namespace

void reduce_centered(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& from,
                     const Modulus& to) {
  const VectorModulus m(to);
  const Vector half = broadcast(from.value() / 2);
  const Vector wrap = broadcast(arith::reduce(from.value(), to));
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Vector x = load(a + i);
    const Vector r = reduce_once(reduce_lazy(x, m), m.q);
    const Vector d = _mm512_mask_sub_epi64(r, _mm512_cmpgt_epu64_mask(x, half), r, wrap);
    store(out + i, _mm512_min_epu64(d, add64(d, m.q)));
  }
}

void base_convert(const ConversionTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                  std::size_t inputs, std::size_t n) {
  std::size_t done = 0;
  for (; done + kTargets <= target_count; done += kTargets) {
    convert_block<kTargets>(targets + done, scaled_in, inputs, n);
  }
  const ConversionTarget* rest = targets + done;
  switch (target_count - done) {
    case 3:
      return convert_block<3>(rest, scaled_in, inputs, n);
    case 2:
      return convert_block<2>(rest, scaled_in, inputs, n);
    case 1:
      return convert_one(*rest, scaled_in, inputs, n);
    default:
      return;
  }
}

void round_quotients(std::uint64_t* out, const std::uint64_t* const* scaled_in, const double* reciprocals,
                     std::size_t inputs, std::size_t n) {
  // Numbers below 2^52 are the low bits of doubles from 2^52 on.
  const __m512d two52 = _mm512_set1_pd(4503599627370496.0);
  const Vector two52_bits = _mm512_castpd_si512(two52);
  for (std::size_t i = 0; i < n; i += kLanes) {
    __m512d sum = _mm512_setzero_pd();
    for (std::size_t k = 0; k < inputs; ++k) {
      const __m512d y = _mm512_castsi512_pd(_mm512_or_si512(load(scaled_in[k] + i), two52_bits));
      sum = _mm512_add_pd(sum, _mm512_mul_pd(_mm512_sub_pd(y, two52), _mm512_set1_pd(reciprocals[k])));
    }
    store(out + i, _mm512_xor_si512(_mm512_castpd_si512(_mm512_add_pd(sum, two52)), two52_bits));
  }
}

void from_signed(std::uint64_t* out, const std::int64_t* in, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Vector x = _mm512_loadu_si512(in + i);
    const Vector r = reduce_sum(zero(), _mm512_abs_epi64(x), m);
    const Vector d = _mm512_mask_sub_epi64(r, _mm512_movepi64_mask(x), zero(), r);
    store(out + i, _mm512_min_epu64(d, add64(d, m.q)));
  }
}

void from_small(std::uint64_t* out, const std::int8_t* in, std::size_t n, const Modulus& q) {
  const Vector bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Vector x = _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in + i)));
    store(out + i, _mm512_min_epu64(x, add64(x, bound)));
  }
}

}  // namespace obscura::fhe::kernels::avx512ifma
