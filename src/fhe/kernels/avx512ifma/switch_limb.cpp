#include "fhe/kernels/switch_limb.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fhe/kernels/avx512ifma/avx512ifma.hpp"
#include "fhe/kernels/avx512ifma/forward_transform.hpp"
#include "fhe/kernels/kernel_table.hpp"

namespace obscura::fhe::kernels::avx512ifma {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << kLogLeaf;
constexpr std::size_t kMostRows = 8;  // transformed at once: digits and two remainders

/// One of the two sums of a job.
struct Half {
  const std::uint64_t* start;
  const std::uint64_t* summand;
  const std::uint64_t* remainder;
  const std::uint64_t* addend;
  std::uint64_t* out;
};

/// What a job needs for each block of finished coefficients.
class Combination {
 public:
  /// asks_for_keys: nobody calls ahead().
  Combination(const SwitchLimb& job, const VectorModulus& m, bool asks_for_keys)
      : job_(job),
        m_(m),
        asks_for_keys_(asks_for_keys),
        terms_per_fold_(products_per_fold(arith::kShoupBits, job.tables->q.bits()) - 1) {
    const arith::Modulus& q = job.tables->q;
    const arith::ShoupFactor radix = arith::make_shoup(arith::mul_mod(q.radix52(), job.inverse.w, q), q);
    inverse_ = {broadcast(job.inverse.w), broadcast(job.inverse.w_quotient)};
    inverse_radix_ = {broadcast(radix.w), broadcast(radix.w_quotient)};
    multiple_ = broadcast((std::uint64_t{1} << arith::kShoupBits) / q.value() * q.value() + q.value());
  }

  /// The key's words that meet the next block, which may be that of the next limb: they lie in memory, not in a cache.
  [[nodiscard]] Ahead ahead(std::size_t first, std::size_t count) const {
    return {job_.key0, job_.key1, first + count, count};
  }

  /// Coefficients first .. first + count - 1 of the outputs.
  void operator()(std::size_t first, std::size_t count) const {
    const std::size_t digits = job_.digits.size();
    const std::size_t terms = digits <= std::min(terms_per_fold_, kMostUnrolled) ? digits : kAny;
    [&]<std::size_t... kTerms>(std::index_sequence<kTerms...>) {
      ((terms == kTerms ? block<kTerms>(first, count) : void()), ...);
    }
    (std::make_index_sequence<kMostUnrolled + 1>{});
    if (terms == kAny) block<kAny>(first, count);
  }

 private:
  static constexpr std::size_t kAny = SIZE_MAX;
  static constexpr std::size_t kMostUnrolled = 8;
  static constexpr std::size_t kStoresAhead = 24;
  static constexpr std::size_t kKeysAhead = 16;

  template <std::size_t kTerms>
  void block(std::size_t first, std::size_t count) const {
    if (job_.remainder0 == nullptr) return block<kTerms, false>(first, count);
    block<kTerms, true>(first, count);
  }

  template <std::size_t kTerms, bool kDivides>
  [[gnu::noinline, gnu::flatten]] void block(std::size_t first, std::size_t count) const {
    // Copies: what is stored could be any of the job's fields, for all that the compiler knows.
    const VectorModulus m = m_;
    const Half half0{job_.start0, job_.summand0, job_.remainder0, job_.addend0, job_.out0};
    const Half half1{job_.start1, job_.summand1, job_.remainder1, job_.addend1, job_.out1};
    constexpr std::size_t kRows = kTerms == kAny ? 1 : kTerms + 1;
    const std::uint64_t* digits[kRows];
    const std::uint64_t* key0[kRows];
    const std::uint64_t* key1[kRows];
    if constexpr (kTerms != kAny) {
      unrolled<kTerms>([&](auto t) {
        digits[t] = job_.digits[t];
        key0[t] = job_.key0[t];
        key1[t] = job_.key1[t];
      });
    }
    for (std::size_t i = first; i < first + count; i += kLanes) {
      ask_for_outputs(i + kStoresAhead * kLanes);
      if constexpr (kTerms != kAny) {
        if (asks_for_keys_) ask_for_keys<kTerms>(digits, key0, key1, i + kKeysAhead * kLanes);
      }
      Accumulator sum0 = begin(half0, i);
      Accumulator sum1 = begin(half1, i);
      if constexpr (kTerms == kAny) {
        add_many(sum0, sum1, i);
      } else {
        unrolled<kTerms>([&](auto t) {
          const Vector digit = load(digits[t] + i);
          sum0.add_product(digit, load(key0[t] + i));
          sum1.add_product(digit, load(key1[t] + i));
        });
      }
      if constexpr (kDivides) {
        deliver(quotient(sum0, half0, m, i), half0, m, i);
        deliver(quotient(sum1, half1, m, i), half1, m, i);
      } else {
        deliver(sum0.reduced(m), half0, m, i);
        deliver(sum1.reduced(m), half1, m, i);
      }
    }
  }

  /// Scattered stores are too few at a time to hide what it takes to get their lines.
  [[gnu::always_inline]] void ask_for_outputs(std::size_t i) const {
    if (job_.permutation == nullptr || i >= job_.tables->size()) return;
    const std::size_t to = job_.permutation->to[i / kLanes] / kLanes * kLanes;
    prefetch_to_write(job_.out0 + to);
    prefetch_to_write(job_.out1 + to);
  }

  /// Where no transform goes before, the key and the digits are asked for here.
  template <std::size_t kTerms, std::size_t kRows>
  [[gnu::always_inline]] static void ask_for_keys(const std::uint64_t* (&digits)[kRows],
                                                  const std::uint64_t* (&key0)[kRows],
                                                  const std::uint64_t* (&key1)[kRows], std::size_t i) {
    unrolled<kTerms>([&](auto t) __attribute__((always_inline)) {
      prefetch(digits[t] + i);
      prefetch(key0[t] + i);
      prefetch(key1[t] + i);
    });
  }

  [[gnu::always_inline]] Accumulator begin(const Half& half, std::size_t i) const {
    Accumulator sum;
    if (half.start != nullptr) sum.low = load(half.start + i);
    if (half.summand != nullptr) sum.add_product(load(half.summand + i), broadcast(job_.summand_factor));
    return sum;
  }

  [[gnu::always_inline]] void add_many(Accumulator& sum0, Accumulator& sum1, std::size_t i) const {
    for (std::size_t t = 0; t < job_.digits.size(); ++t) {
      if (t > 0 && t % terms_per_fold_ == 0) {
        sum0.fold(m_);
        sum1.fold(m_);
      }
      const Vector digit = load(job_.digits[t] + i);
      sum0.add_product(digit, load(job_.key0[t] + i));
      sum1.add_product(digit, load(job_.key1[t] + i));
    }
  }

  /// Subtracts the remainder, and divides while it reduces: high * 2^52 / D + low / D.
  [[gnu::always_inline]] Vector quotient(const Accumulator& sum, const Half& half, const VectorModulus& m,
                                         std::size_t i) const {
    const Vector total = add64(sum.low, sub64(multiple_, low52(load(half.remainder + i))));
    const Vector high = add64(sum.high, _mm512_srli_epi64(total, arith::kShoupBits));
    const Vector multiples = add_high(add_high(zero(), high, inverse_radix_.w_quotient), total, inverse_.w_quotient);
    Vector r = add_low(add_low(zero(), high, inverse_radix_.w), total, inverse_.w);
    r = low52(add_low(r, multiples, m.minus_q));  // < 4q
    r = reduce_once(reduce_once(r, m.twice), m.q);
    return half.addend == nullptr ? r : reduce_once(add64(r, load(half.addend + i)), m.q);
  }

  /// Stores coefficients i .. i + 7 where the permutation takes them.
  [[gnu::always_inline]] void deliver(Vector r, const Half& half, const VectorModulus& m, std::size_t i) const {
    std::uint64_t* out = half.out + i;
    if (job_.permutation != nullptr) {
      const std::uint32_t to = job_.permutation->to[i / kLanes];
      r = _mm512_permutexvar_epi64(load(job_.permutation->lanes[to % kLanes].data()), r);
      out = half.out + to / kLanes * kLanes;
    }
    store(out, job_.adds ? reduce_once(add64(r, load(out)), m.q) : r);
  }

  const SwitchLimb& job_;
  const VectorModulus& m_;
  bool asks_for_keys_;
  std::size_t terms_per_fold_;  ///< one product is left for the summand, the start and the remainder
  VectorFactor inverse_;        ///< 1/D, D what is divided by
  VectorFactor inverse_radix_;  ///< 2^52 / D
  Vector multiple_;             ///< of q, above 2^52: keeps differences positive
};

}  // namespace

void switch_limb(const SwitchLimb& job) {
  std::array<std::uint64_t*, kMostRows> rows{};
  std::size_t count = 0;
  const std::size_t wanted = job.lifted.size() + (job.remainder0 != nullptr ? 2 : 0);
  if (job.tables->log_n < kLeastLogN || wanted > kMostRows) return compose_switch_limb(*avx512ifma_kernels(), job);
  const VectorModulus m(job.tables->q);
  const Combination combine(job, m, wanted == 0);
  if (wanted == 0) return combine(0, job.tables->size());
  for (std::uint64_t* row : job.lifted) rows[count++] = row;
  if (job.remainder0 != nullptr) {
    rows[count++] = job.remainder0;
    rows[count++] = job.remainder1;
  }
  forward_transform<false, true>(std::span(rows).first(count), *job.tables, m, combine);
}

}  // namespace obscura::fhe::kernels::avx512ifma
