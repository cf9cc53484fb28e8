#include "fhe/ring/detail/limb_switcher.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace obscura::fhe::ring::detail {
namespace {

void check_key(const Basis& basis, std::size_t digits, const GadgetKey& key, int degree) {
  for (const std::span<const EvaluationPoly> half : {key.b, key.a}) {
    OBSCURA_CHECK(half.size() >= digits, "the key has fewer digits than the polynomial");
    for (const EvaluationPoly& poly : half) {
      OBSCURA_CHECK(
          poly.degree() == degree && poly.basis().q_count >= basis.q_count && poly.basis().p_count == basis.p_count,
          "the key is for a lower level than the polynomial");
    }
  }
}

}  // namespace

LimbSwitcher::LimbSwitcher(const RingContext& ring, const EvaluationPoly& a, const DigitRows& rows,
                           const GadgetKey& key)
    : ring_(ring),
      basis_(rows.basis()),
      a_(&a),
      rows_(&rows),
      key_(key),
      digit_count_(static_cast<std::size_t>(rows.cut().count())) {
  check_key(basis_, digit_count_, key, ring.degree());
}

LimbSwitcher::LimbSwitcher(const RingContext& ring, const Digits& digits, const GadgetKey& key)
    : ring_(ring), digits_(&digits), key_(key), digit_count_(digits.digits.size()) {
  OBSCURA_CHECK(digit_count_ > 0, "there are no digits");
  basis_ = digits.digits.front().basis();
  check_key(basis_, digit_count_, key, ring.degree());
}

void LimbSwitcher::switch_block(int first, int count, const BlockJobs& jobs) const {
  if (rows_ != nullptr) {
    const auto limbs = static_cast<std::size_t>(count);
    const std::size_t rows = digit_count_ > kDigitsPerSweep ? kDigitsPerSweep + 2 : digit_count_;
    base::Buffer words = ring_.pool().acquire(limbs * rows * row_stride(ring_));
    const Scratch scratch{words.words(), row_stride(ring_), limbs};
    for (std::size_t digit = 0; digit < digit_count_; digit += kDigitsPerSweep) {
      sweep(first, digit, std::min(kDigitsPerSweep, digit_count_ - digit), jobs, scratch);
    }
    return;
  }
  for (int t = 0; t < count; ++t) {
    std::array<const std::uint64_t*, params::kMaxPrimes> rows{};
    for (std::size_t d = 0; d < digit_count_; ++d) rows[d] = digits_->digits[d].limb(first + t).data();
    switch_limb(first + t, 0, std::span(rows).first(digit_count_), {}, jobs[static_cast<std::size_t>(t)]);
  }
}

void LimbSwitcher::sweep(int first, std::size_t first_digit, std::size_t digits, const BlockJobs& jobs,
                         const Scratch& scratch) const {
  std::array<BlockRows, kDigitsPerSweep> lifted{};
  for (std::size_t d = 0; d < digits; ++d) {
    const int digit = static_cast<int>(first_digit + d);
    for (std::size_t t = 0; t < scratch.limbs; ++t) {
      if (!rows_->cut().owns(digit, first + static_cast<int>(t))) lifted[d][t] = scratch.digit(d, t);
    }
    rows_->lift(digit, first, static_cast<int>(scratch.limbs), lifted[d]);
  }
  for (std::size_t t = 0; t < scratch.limbs; ++t) {
    const int limb = first + static_cast<int>(t);
    std::array<const std::uint64_t*, kDigitsPerSweep> rows{};
    std::array<std::uint64_t*, kDigitsPerSweep> fresh{};
    std::size_t fresh_count = 0;
    for (std::size_t d = 0; d < digits; ++d) {
      rows[d] = lifted[d][t] == nullptr ? a_->limb(limb).data() : lifted[d][t];
      if (lifted[d][t] != nullptr) fresh[fresh_count++] = lifted[d][t];
    }
    switch_limb(limb, first_digit, std::span(rows).first(digits), std::span(fresh).first(fresh_count),
                part_of(jobs[t], first_digit, digits, scratch, t));
  }
}

/// The job of one sweep of several: the sums wait in the scratch from one to the next.
kernels::SwitchLimb LimbSwitcher::part_of(kernels::SwitchLimb job, std::size_t first_digit, std::size_t digits,
                                          const Scratch& scratch, std::size_t limb) const {
  if (first_digit > 0) {
    job.start0 = scratch.sum(0, limb);
    job.start1 = scratch.sum(1, limb);
    job.summand0 = nullptr;
    job.summand1 = nullptr;
  }
  if (first_digit + digits < digit_count_) {
    job.remainder0 = nullptr;
    job.remainder1 = nullptr;
    job.addend0 = nullptr;
    job.addend1 = nullptr;
    job.permutation = nullptr;
    job.adds = false;
    job.out0 = scratch.sum(0, limb);
    job.out1 = scratch.sum(1, limb);
  }
  return job;
}

void LimbSwitcher::write_key_rows(int limb, std::size_t first_digit, std::size_t digits, KeyRows& rows0,
                                  KeyRows& rows1) const {
  const int special = limb - basis_.q_count;
  const auto key_limb = [&](const EvaluationPoly& key) {
    return key.limb(special < 0 ? limb : key.basis().q_count + special).data();
  };
  for (std::size_t d = 0; d < digits; ++d) {
    rows0[d] = key_limb(key_.b[first_digit + d]);
    rows1[d] = key_limb(key_.a[first_digit + d]);
  }
}

void LimbSwitcher::switch_limb(int limb, std::size_t first_digit, std::span<const std::uint64_t* const> digits,
                               std::span<std::uint64_t* const> lifted, kernels::SwitchLimb job) const {
  KeyRows key0{};
  KeyRows key1{};
  KeyRows next0{};
  KeyRows next1{};
  write_key_rows(limb, first_digit, digits.size(), key0, key1);
  if (limb + 1 == basis_.limbs()) {  // the divided limbs come first
    write_key_rows(0, first_digit, digits.size(), next0, next1);
    job.next_key0 = std::span(next0).first(digits.size());
    job.next_key1 = std::span(next1).first(digits.size());
  }
  job.tables = &ring_.ntt(basis_, limb);
  job.lifted = lifted;
  job.digits = digits;
  job.key0 = std::span(key0).first(digits.size());
  job.key1 = std::span(key1).first(digits.size());
  ring_.kernels().switch_limb(job);
}

}  // namespace obscura::fhe::ring::detail
