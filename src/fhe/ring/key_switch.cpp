#include "fhe/ring/key_switch.hpp"

#include <array>

#include "base/check.hpp"
#include "fhe/ring/detail/digit_rows.hpp"
#include "fhe/ring/detail/limb_switcher.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

using detail::BlockJobs;
using detail::LimbSwitcher;

/// The limbs of QP that a division divides by come first, since every other limb needs their coefficients.
class Division {
 public:
  Division(const RingContext& ring, const LimbSwitcher& switcher, const SwitchEnd& end, const PolyPair* start)
      : ring_(ring),
        switcher_(switcher),
        end_(end),
        start_(start),
        basis_(switcher.basis()),
        outputs_(basis_.q_count - (end.rescales ? 1 : 0)),
        divisors_(basis_.limbs() - outputs_),
        conversion_(end.rescales ? ring.constants().from_p_and_prime(outputs_) : ring.constants().from_p()),
        permutation_(end.galois == GaloisElement(1) ? nullptr : &ring.automorphism(end.galois)),
        rows_(ring.pool().acquire(2 * static_cast<std::size_t>(divisors_ + 1) * row_stride(ring))) {}

  PolyPair run() {
    for_each_block(ring_, divisors_, [&](int first, int count) { reach_divisors(outputs_ + first, count); });
    if (!exact()) {
      for (int half = 0; half < 2; ++half) {
        round_quotients(ring_, conversion_, row(half, divisors_), sources(half).data());
      }
    }
    PolyPair out{ring_.make<Domain::kEvaluation>({outputs_, 0}), ring_.make<Domain::kEvaluation>({outputs_, 0})};
    for_each_block(ring_, outputs_, [&](int first, int count) { divide_block(first, count, out); });
    return out;
  }

 private:
  using Sources = std::array<const std::uint64_t*, params::kMaxPrimes + 2>;

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(ring_.degree()); }
  /// One prime leaves the exact centred remainder, without a base conversion.
  [[nodiscard]] bool exact() const { return divisors_ == 1; }
  [[nodiscard]] std::uint64_t* row(int half, int i) {
    return rows_.data() + static_cast<std::size_t>(half * (divisors_ + 1) + i) * row_stride(ring_);
  }
  [[nodiscard]] Sources sources(int half) {
    Sources result{};
    for (int j = 0; j <= divisors_; ++j) result[static_cast<std::size_t>(j)] = row(half, j);
    return result;
  }
  /// Place of a divided limb in the order of the conversion: special primes, then q_l.
  [[nodiscard]] int source_of(int limb) const { return limb < basis_.q_count ? basis_.p_count : limb - basis_.q_count; }

  /// What limb `limb` of the sums starts from. A summand comes in after the division by P, or before it where q_l is
  /// divided by too.
  [[nodiscard]] kernels::SwitchLimb begin(int limb) const {
    kernels::SwitchLimb job;
    if (start_ != nullptr) {
      job.start0 = start_->c0.limb(limb).data();
      job.start1 = start_->c1.limb(limb).data();
    }
    if (limb >= basis_.q_count) return job;  // P is 0 modulo the special primes
    const auto row = [&](const EvaluationPoly* summand) {
      return summand == nullptr ? nullptr : summand->limb(limb).data();
    };
    if (end_.rescales) {
      job.summand0 = row(end_.summand0);
      job.summand1 = row(end_.summand1);
      job.summand_factor = ring_.constants().p_mod(limb).w;
    } else {
      job.addend0 = row(end_.summand0);
      job.addend1 = row(end_.summand1);
    }
    return job;
  }

  /// Coefficients of the sums modulo divided primes, scaled for the conversion.
  void reach_divisors(int first, int count) {
    BlockJobs jobs;
    for (int t = 0; t < count; ++t) {
      kernels::SwitchLimb& job = jobs[static_cast<std::size_t>(t)];
      job = begin(first + t);
      job.out0 = row(0, source_of(first + t));
      job.out1 = row(1, source_of(first + t));
    }
    switcher_.switch_block(first, count, jobs);
    for (int t = 0; t < count; ++t) {
      for (int half = 0; half < 2; ++half) {
        const int source = source_of(first + t);
        std::uint64_t* words = row(half, source);
        if (exact()) {
          ring_.kernels().ntt_inverse(words, ring_.ntt(basis_, first + t));
        } else {
          ring_.kernels().ntt_inverse_scaled(words, words, ring_.ntt(basis_, first + t), conversion_.scale(source));
        }
      }
    }
  }

  /// Coefficients of the remainder of one half modulo the primes of limbs first .. first + count - 1.
  void reduce_remainder(int half, int first, int count, const detail::BlockRows& out) {
    if (exact()) {
      for (int t = 0; t < count; ++t) {
        ring_.kernels().reduce_centered(out[static_cast<std::size_t>(t)], row(half, 0), size(),
                                        ring_.modulus(basis_, outputs_), ring_.modulus(basis_, first + t));
      }
      return;
    }
    std::array<kernels::LiftTarget, kMostLimbsPerBlock> targets{};
    for (int t = 0; t < count; ++t) {
      const auto place = static_cast<std::size_t>(t);
      targets[place] = conversion_.target(first + t, out[place], ring_.modulus(basis_, first + t));
    }
    ring_.kernels().lift(targets.data(), static_cast<std::size_t>(count), sources(half).data(),
                         static_cast<std::size_t>(divisors_) + 1, size());
  }

  void divide_block(int first, int count, PolyPair& out) {
    base::Buffer scratch = ring_.pool().acquire(2 * static_cast<std::size_t>(count) * row_stride(ring_));
    std::array<detail::BlockRows, 2> remainders{};
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t t = 0; t < static_cast<std::size_t>(count); ++t) {
        remainders[half][t] = scratch.data() + (half * static_cast<std::size_t>(count) + t) * row_stride(ring_);
      }
      reduce_remainder(static_cast<int>(half), first, count, remainders[half]);
    }
    BlockJobs jobs;
    for (int t = 0; t < count; ++t) {
      kernels::SwitchLimb& job = jobs[static_cast<std::size_t>(t)];
      job = begin(first + t);
      job.remainder0 = remainders[0][static_cast<std::size_t>(t)];
      job.remainder1 = remainders[1][static_cast<std::size_t>(t)];
      job.inverse = end_.rescales ? ring_.constants().inverse_of_p_and_prime(outputs_, first + t)
                                  : ring_.constants().inverse_of_p(first + t);
      job.permutation = permutation_;
      job.out0 = out.c0.limb(first + t).data();
      job.out1 = out.c1.limb(first + t).data();
    }
    switcher_.switch_block(first, count, jobs);
  }

  const RingContext& ring_;
  const LimbSwitcher& switcher_;
  const SwitchEnd& end_;
  const PolyPair* start_;
  Basis basis_;
  int outputs_;
  int divisors_;
  const CenteredConversion& conversion_;
  const kernels::Permutation* permutation_;
  base::Buffer rows_;  ///< per half: the divided limbs in the order of the conversion, then its quotients
};

void check_end(const Basis& basis, const SwitchEnd& end) {
  OBSCURA_CHECK(basis.q_count >= (end.rescales ? 2 : 1), "no prime is left to divide by");
  for (const EvaluationPoly* summand : {end.summand0, end.summand1}) {
    OBSCURA_CHECK(summand == nullptr || summand->basis() == Basis({basis.q_count, 0}), "a summand has another basis");
  }
}

}  // namespace

PolyPair switch_key(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key, const SwitchEnd& end) {
  check_end(a.basis(), end);
  const detail::DigitRows rows(ring, a);
  return Division(ring, LimbSwitcher(ring, a, rows, key), end, nullptr).run();
}

PolyPair switch_key(const RingContext& ring, const Digits& digits, const GadgetKey& key, const SwitchEnd& end) {
  const LimbSwitcher switcher(ring, digits, key);
  check_end(switcher.basis(), end);
  return Division(ring, switcher, end, nullptr).run();
}

PolyPair divide_pair(const RingContext& ring, const PolyPair& sums, bool rescales) {
  const Basis basis = sums.c0.basis();
  OBSCURA_CHECK(sums.c1.basis() == basis && basis.p_count == static_cast<int>(ring.params().p().size()),
                "a pair to be divided is modulo Q_l P");
  const SwitchEnd end{.rescales = rescales};
  check_end(basis, end);
  const LimbSwitcher no_digits(ring, basis);
  return Division(ring, no_digits, end, &sums).run();
}

}  // namespace obscura::fhe::ring
