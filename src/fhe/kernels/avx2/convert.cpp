#include "fhe/kernels/avx2/avx2.hpp"
#include "fhe/kernels/avx2/vector.hpp"

namespace obscura::fhe::kernels::avx2 {

using arith::Modulus;

namespace {

/// Targets that share a trip through the inputs.
constexpr std::size_t kTargets = 4;

// Inputs begin to end - 1, at most kProductsPerReduction; from the second such group on, the sum of those before stands
// in out.
template <std::size_t kCount>
[[gnu::flatten]] void convert_group(const ConversionTarget* targets, const std::uint64_t* const* scaled_in,
                                    std::size_t begin, std::size_t end, std::size_t n) {
  VectorModulus moduli[kCount];
  for (std::size_t o = 0; o < kCount; ++o) moduli[o] = VectorModulus(*targets[o].to);
  double factors[kProductsPerReduction][kCount];
  for (std::size_t k = begin; k < end; ++k) {
    for (std::size_t o = 0; o < kCount; ++o) {
      factors[k - begin][o] = static_cast<double>(static_cast<std::int64_t>(targets[o].factors[k]));
    }
  }
  for (std::size_t i = 0; i < n; i += kLanes) {
    Doubles sums[kCount] = {};
    if (begin > 0) unrolled<kCount>([&](auto o) { sums[o] = load_doubles(targets[o].out + i); });
    for (std::size_t k = begin; k < end; ++k) {
      const Doubles x = load_doubles(scaled_in[k] + i);
      unrolled<kCount>([&](auto o) {
        const Doubles factor = _mm256_set1_pd(factors[k - begin][o]);
        sums[o] = _mm256_add_pd(sums[o], multiply(x, factor, moduli[o]));
      });
    }
    unrolled<kCount>([&](auto o) { store(targets[o].out + i, canonical(reduce(sums[o], moduli[o]), moduli[o])); });
  }
}

template <std::size_t kCount>
void convert_block(const ConversionTarget* targets, const std::uint64_t* const* scaled_in, std::size_t inputs,
                   std::size_t n) {
  for (std::size_t begin = 0; begin < inputs; begin += kProductsPerReduction) {
    const std::size_t end = begin + kProductsPerReduction < inputs ? begin + kProductsPerReduction : inputs;
    convert_group<kCount>(targets, scaled_in, begin, end, n);
  }
}

}  // namespace

void reduce_centered(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& from,
                     const Modulus& to) {
  const VectorModulus m_from(from);
  const VectorModulus m(to);
  for (std::size_t i = 0; i < n; i += kLanes) {
    store(out + i, canonical(reduce(centered(load_doubles(a + i), m_from), m), m));
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
      return convert_block<1>(rest, scaled_in, inputs, n);
    default:
      return;
  }
}

// Separate products and sums, never FMA: every product is rounded, as everywhere.
void round_quotients(std::uint64_t* out, const std::uint64_t* const* scaled_in, const double* reciprocals,
                     std::size_t inputs, std::size_t n) {
  for (std::size_t i = 0; i < n; i += kLanes) {
    Doubles sum = _mm256_setzero_pd();
    for (std::size_t k = 0; k < inputs; ++k) {
      sum = _mm256_add_pd(sum, _mm256_mul_pd(load_doubles(scaled_in[k] + i), _mm256_set1_pd(reciprocals[k])));
    }
    store(out + i, to_words(sum));
  }
}

// x = high * 2^32 + low, -2^31 <= high < 2^31 and 0 <= low < 2^32.
void from_signed(std::uint64_t* out, const std::int64_t* in, std::size_t n, const Modulus& q) {
  const VectorModulus m(q);
  const Doubles radix = _mm256_set1_pd(static_cast<double>((std::uint64_t{1} << 32) % q.value()));
  const Doubles bias = _mm256_set1_pd(static_cast<double>(std::uint64_t{1} << 31));
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Words x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i));
    const Words biased = _mm256_srli_epi64(_mm256_xor_si256(x, broadcast(std::uint64_t{1} << 63)), 32);
    const Doubles high = _mm256_sub_pd(to_doubles(biased), bias);
    const Doubles low = to_doubles(_mm256_and_si256(x, broadcast(0xffff'ffff)));
    store(out + i, canonical(reduce(_mm256_add_pd(multiply(high, radix, m), low), m), m));
  }
}

void from_small(std::uint64_t* out, const std::int8_t* in, std::size_t n, const Modulus& q) {
  const Words bound = broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kLanes) {
    const Words x = _mm256_cvtepi8_epi64(_mm_loadu_si32(in + i));
    const Words is_negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), x);
    store(out + i, _mm256_add_epi64(x, _mm256_and_si256(is_negative, bound)));
  }
}

}  // namespace obscura::fhe::kernels::avx2
