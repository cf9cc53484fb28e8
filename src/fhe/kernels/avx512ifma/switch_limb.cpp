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
  std::span<const std::uint64_t* const> key;
  std::span<const std::uint64_t* const> next_key;
  const std::uint64_t* start;
  const std::uint64_t* summand;
  const std::uint64_t* remainder;
  const std::uint64_t* addend;
  std::uint64_t* out;
};

/// Divides by D while it reduces: high * 2^52 / D + low / D.
struct Divisor {
  Divisor(const arith::Modulus& q, arith::ShoupFactor inverse_of_d) {
    const arith::ShoupFactor radix = arith::make_shoup(arith::mul_mod(q.radix52(), inverse_of_d.w, q), q);
    inverse = {broadcast(inverse_of_d.w), broadcast(inverse_of_d.w_quotient)};
    inverse_radix = {broadcast(radix.w), broadcast(radix.w_quotient)};
    multiple = broadcast((std::uint64_t{1} << arith::kShoupBits) / q.value() * q.value() + q.value());
  }

  /// (sum - remainder) / D in [0, q); only the low 52 bits of the remainder count.
  [[gnu::always_inline]] Vector quotient(const Accumulator& sum, Vector remainder, const VectorModulus& m) const {
    const Vector total = add64(sum.low, sub64(multiple, low52(remainder)));
    const Vector high = add64(sum.high, _mm512_srli_epi64(total, arith::kShoupBits));
    const Vector multiples = add_high(add_high(zero(), high, inverse_radix.w_quotient), total, inverse.w_quotient);
    Vector r = add_low(add_low(zero(), high, inverse_radix.w), total, inverse.w);
    r = low52(add_low(r, multiples, m.minus_q));  // < 4q
    return reduce_once(reduce_once(r, m.twice), m.q);
  }

  VectorFactor inverse;        ///< 1/D
  VectorFactor inverse_radix;  ///< 2^52 / D
  Vector multiple;             ///< of q, above 2^52: keeps differences positive
};

/// What a job needs for each block of finished coefficients.
class Combination {
 public:
  Combination(const SwitchLimb& job, const VectorModulus& m)
      : job_(job),
        halves_{Half{job.key0, job.next_key0, job.start0, job.summand0, job.remainder0, job.addend0, job.out0},
                Half{job.key1, job.next_key1, job.start1, job.summand1, job.remainder1, job.addend1, job.out1}},
        m_(m),
        divisor_(job.tables->q, job.inverse),
        terms_per_fold_(products_per_fold(arith::kShoupBits, job.tables->q.bits()) - 1),
        strip_(choose_strip()) {}

  /// The key's words that meet the next block, which may be that of the next job: they lie in memory, not in a cache.
  [[nodiscard]] Ahead ahead(std::size_t first, std::size_t count) const {
    const std::size_t next = first + count;
    if (next == job_.tables->size() && !job_.next_key0.empty()) return {job_.next_key0, job_.next_key1, 0, count};
    return {job_.key0, job_.key1, next, count};
  }

  /// Coefficients first .. first + count - 1 of the outputs.
  void operator()(std::size_t first, std::size_t count) const {
    for (std::size_t i = first; i < first + count; i += kStrip) {
      for (const Half& half : halves_) (this->*strip_)(half, i, {});
    }
  }

  /// All coefficients, where nothing is transformed while the key is on its way: it is asked for shortly before.
  void run_alone() const {
    const std::size_t n = job_.tables->size();
    for (std::size_t i = 0; i < n; i += kStrip) {
      for (const Half& half : halves_) (this->*strip_)(half, i, rows_ahead(half, i + kStripsAhead * kStrip));
    }
  }

 private:
  /// Words of one half between those of the other: few enough for the digits to stay in the first-level cache.
  static constexpr std::size_t kStrip = kBlock;
  static constexpr std::size_t kAny = SIZE_MAX;
  static constexpr std::size_t kMostUnrolled = 8;
  static constexpr std::size_t kStoresAhead = 24;
  static constexpr std::size_t kStripsAhead = 2;
  /// A strip of each of these rows is asked for; no rows: nothing is.
  struct RowsAhead {
    std::span<const std::uint64_t* const> key;
    std::size_t first = 0;
  };
  using Strip = void (Combination::*)(const Half& half, std::size_t first, const RowsAhead& ahead) const;

  [[nodiscard]] RowsAhead rows_ahead(const Half& half, std::size_t first) const {
    const std::size_t n = job_.tables->size();
    if (first < n || half.next_key.empty()) return {half.key, first};
    if (half.next_key.size() < job_.digits.size()) return {};
    return {half.next_key, first - n};
  }

  [[nodiscard]] Strip choose_strip() const {
    const std::size_t digits = job_.digits.size();
    Strip chosen = choose_strip<kAny>();
    if (digits > std::min(terms_per_fold_, kMostUnrolled)) return chosen;
    [&]<std::size_t... kTerms>(std::index_sequence<kTerms...>) {
      ((digits == kTerms ? void(chosen = choose_strip<kTerms>()) : void()), ...);
    }
    (std::make_index_sequence<kMostUnrolled + 1>{});
    return chosen;
  }
  template <std::size_t kTerms>
  [[nodiscard]] Strip choose_strip() const {
    const bool begins =
        job_.start0 != nullptr || job_.start1 != nullptr || job_.summand0 != nullptr || job_.summand1 != nullptr;
    if (job_.remainder0 == nullptr) {
      return begins ? &Combination::strip<kTerms, true, false> : &Combination::strip<kTerms, false, false>;
    }
    return begins ? &Combination::strip<kTerms, true, true> : &Combination::strip<kTerms, false, true>;
  }

  /// kBegins: the sum has a start or a summand.
  template <std::size_t kTerms, bool kBegins, bool kDivides>
  [[gnu::noinline, gnu::flatten]] void strip(const Half& half, std::size_t first, const RowsAhead& ahead) const {
    // Copies: what is stored could be any of the fields, for all that the compiler knows.
    const VectorModulus m = m_;
    const Divisor divisor = divisor_;
    constexpr std::size_t kRows = kTerms == kAny ? 1 : kTerms + 1;
    const std::uint64_t* digits[kRows];
    const std::uint64_t* key[kRows];
    const std::uint64_t* next[kRows];
    const bool asks = !ahead.key.empty();
    if constexpr (kTerms != kAny) {
      unrolled<kTerms>([&](auto t) {
        digits[t] = job_.digits[t];
        key[t] = half.key[t];
        if (asks) next[t] = ahead.key[t] + ahead.first;
      });
    }
    const std::uint64_t* const remainder = half.remainder;
    const std::uint64_t* const addend = half.addend;
    std::uint64_t* const out = half.out;
    const std::uint32_t* const to = job_.permutation == nullptr ? nullptr : job_.permutation->to.data();
    const std::uint64_t* const lanes = to == nullptr ? nullptr : job_.permutation->lanes[0].data();
    const bool adds = job_.adds;
    const std::size_t last = (job_.tables->size() - 1) / kLanes;
    for (std::size_t i = first; i < first + kStrip; i += kLanes) {
      if constexpr (kTerms != kAny) {
        if (asks) unrolled<kTerms>([&](auto t) __attribute__((always_inline)) { prefetch(next[t] + (i - first)); });
      }
      Accumulator sum;
      if constexpr (kBegins) sum = begin(half, i);
      if constexpr (kTerms == kAny) {
        add_many(sum, half, i);
      } else {
        unrolled<kTerms>([&](auto t) __attribute__((always_inline)) {
          Vector digit = load(digits[t] + i);
          Vector word = load(key[t] + i);
          keep(digit);
          keep(word);
          sum.add_product(digit, word);
        });
      }
      Vector r;
      if constexpr (kDivides) {
        r = divisor.quotient(sum, load(remainder + i), m);
        if (addend != nullptr) r = reduce_once(add64(r, load(addend + i)), m.q);
      } else {
        r = sum.reduced(m);
      }
      std::uint64_t* place = out + i;
      if (to != nullptr) {
        // Scattered stores are too few at a time to hide what it takes to get their lines.
        prefetch_to_write(out + to[std::min(i / kLanes + kStoresAhead, last)] / kLanes * kLanes);
        const std::uint32_t at = to[i / kLanes];
        r = _mm512_permutexvar_epi64(load(lanes + at % kLanes * kLanes), r);
        place = out + at / kLanes * kLanes;
      }
      if (adds) r = reduce_once(add64(r, load(place)), m.q);
      store(place, r);
    }
  }

  [[gnu::always_inline]] Accumulator begin(const Half& half, std::size_t i) const {
    Accumulator sum;
    if (half.start != nullptr) sum.low = load(half.start + i);
    if (half.summand != nullptr) sum.add_product(load(half.summand + i), broadcast(job_.summand_factor));
    return sum;
  }

  [[gnu::always_inline]] void add_many(Accumulator& sum, const Half& half, std::size_t i) const {
    for (std::size_t t = 0; t < job_.digits.size(); ++t) {
      if (t > 0 && t % terms_per_fold_ == 0) sum.fold(m_);
      sum.add_product(load(job_.digits[t] + i), load(half.key[t] + i));
    }
  }

  const SwitchLimb& job_;
  std::array<Half, 2> halves_;
  const VectorModulus& m_;
  Divisor divisor_;
  std::size_t terms_per_fold_;  ///< one product is left for the summand, the start and the remainder
  Strip strip_;
};

}  // namespace

void switch_limb(const SwitchLimb& job) {
  std::array<std::uint64_t*, kMostRows> rows{};
  std::size_t count = 0;
  const std::size_t wanted = job.lifted.size() + (job.remainder0 != nullptr ? 2 : 0);
  if (job.tables->log_n < kLeastLogN || wanted > kMostRows) return compose_switch_limb(*avx512ifma_kernels(), job);
  const VectorModulus m(job.tables->q);
  const Combination combine(job, m);
  if (wanted == 0) return combine.run_alone();
  for (std::uint64_t* row : job.lifted) rows[count++] = row;
  if (job.remainder0 != nullptr) {
    rows[count++] = job.remainder0;
    rows[count++] = job.remainder1;
  }
  forward_transform<false, true>(std::span(rows).first(count), *job.tables, m, combine);
}

}  // namespace obscura::fhe::kernels::avx512ifma
