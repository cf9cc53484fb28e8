#include "fhe/ring/mask_key.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/check.hpp"
#include "base/secret.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

/// Rows of N words apart by row_stride; wiped when they die.
class SecretRows {
 public:
  SecretRows(const RingContext& ring, int count)
      : stride_(row_stride(ring)), words_(ring.pool().acquire(static_cast<std::size_t>(count) * stride_)) {}
  SecretRows(const SecretRows&) = delete;
  SecretRows& operator=(const SecretRows&) = delete;
  ~SecretRows() { base::wipe({reinterpret_cast<std::uint8_t*>(words_.data()), words_.words().size_bytes()}); }

  [[nodiscard]] std::uint64_t* operator[](int row) { return words_.data() + static_cast<std::size_t>(row) * stride_; }

 private:
  std::size_t stride_;
  base::Buffer words_;
};

/// A key to be masked over one basis.
class Masking {
 public:
  Masking(const RingContext& ring, const EvaluationPoly& b, const EvaluationPoly& a, const Mask& mask,
          const Basis& basis)
      : ring_(ring), halves_{&b, &a}, mask_(mask), basis_(basis) {
    OBSCURA_CHECK(ring.contains(basis) && basis.p_count == static_cast<int>(ring.params().p().size()),
                  "a key is masked modulo Q_l P");
    OBSCURA_CHECK(b.basis() == a.basis() && b.basis().q_count >= basis.q_count && b.basis().p_count == basis.p_count,
                  "the key is for a lower level than the addend");
  }

  /// out_k = half_k * factor, with what else the job asks for; `factor` is a row for scratch.
  void multiply(int limb, std::uint64_t* factor, kernels::SwitchLimb job) const {
    write_small(factor, mask_.factor, limb);
    std::uint64_t* const lifted[] = {factor};
    const std::uint64_t* const digits[] = {factor};
    const std::uint64_t* const key0[] = {key_limb(0, limb)};
    const std::uint64_t* const key1[] = {key_limb(1, limb)};
    job.tables = &ring_.ntt(basis_, limb);
    job.lifted = lifted;
    job.digits = digits;
    job.key0 = key0;
    job.key1 = key1;
    ring_.kernels().switch_limb(job);
  }

  /// Residues of an error's coefficients.
  void write_error(std::uint64_t* out, int half, int limb) const {
    write_small(out, half == 0 ? mask_.error0 : mask_.error1, limb);
  }

  [[nodiscard]] const RingContext& ring() const { return ring_; }
  [[nodiscard]] const Basis& basis() const { return basis_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(ring_.degree()); }
  [[nodiscard]] const arith::Modulus& modulus(int limb) const { return ring_.modulus(basis_, limb); }

 private:
  void write_small(std::uint64_t* out, const SecretCoefficients& coefficients, int limb) const {
    OBSCURA_CHECK(coefficients.reveal_secret().size() == size(), "a mask has N coefficients");
    ring_.kernels().from_small(out, coefficients.reveal_secret().data(), size(), modulus(limb));
  }
  [[nodiscard]] const std::uint64_t* key_limb(std::size_t half, int limb) const {
    const int key_primes = halves_[half]->basis().q_count;
    return halves_[half]->limb(limb < basis_.q_count ? limb : limb - basis_.q_count + key_primes).data();
  }

  const RingContext& ring_;
  std::array<const EvaluationPoly*, 2> halves_;
  const Mask& mask_;
  Basis basis_;
};

/// The division of a masked key by P. The special primes come first, since every other limb needs their coefficients.
class MaskedQuotient {
 public:
  explicit MaskedQuotient(const Masking& masking)
      : masking_(masking),
        ring_(masking.ring()),
        primes_(masking.basis().q_count),
        divisors_(masking.basis().p_count),
        conversion_(ring_.constants().from_p()),
        rows_(ring_, 2 * (divisors_ + 1)) {}

  PolyPair run(const EvaluationPoly& addend) {
    for_each_task(ring_, divisors_, [&](int j) { reach_divisor(j); });
    if (!exact()) {
      for (int half = 0; half < 2; ++half) {
        round_quotients(ring_, conversion_, row(half, divisors_), sources(half).data());
      }
    }
    PolyPair out{ring_.make<Domain::kEvaluation>({primes_, 0}), ring_.make<Domain::kEvaluation>({primes_, 0})};
    for_each_block(ring_, primes_, [&](int first, int count) { divide_block(first, count, addend, out); });
    return out;
  }

 private:
  using Sources = std::array<const std::uint64_t*, params::kMaxPrimes + 2>;

  /// One prime leaves the exact centred remainder, without a base conversion.
  [[nodiscard]] bool exact() const { return divisors_ == 1; }
  [[nodiscard]] std::uint64_t* row(int half, int j) { return rows_[half * (divisors_ + 1) + j]; }
  [[nodiscard]] Sources sources(int half) {
    Sources result{};
    for (int j = 0; j <= divisors_; ++j) result[static_cast<std::size_t>(j)] = row(half, j);
    return result;
  }

  /// Coefficients of the sums modulo special prime j, scaled for the conversion.
  void reach_divisor(int j) {
    const int limb = primes_ + j;
    SecretRows scratch(ring_, 1);
    kernels::SwitchLimb job;
    job.out0 = row(0, j);
    job.out1 = row(1, j);
    masking_.multiply(limb, scratch[0], job);
    for (int half = 0; half < 2; ++half) {
      std::uint64_t* words = row(half, j);
      ring_.kernels().ntt_inverse(words, ring_.ntt(masking_.basis(), limb));
      masking_.write_error(scratch[0], half, limb);
      ring_.kernels().add(words, words, scratch[0], masking_.size(), masking_.modulus(limb));
      if (exact()) continue;
      ring_.kernels().multiply_scalar(words, words, masking_.size(), conversion_.scale(j), masking_.modulus(limb));
    }
  }

  /// Coefficients of the remainder of one half modulo the primes of limbs first .. first + count - 1.
  void reduce_remainder(int half, int first, int count, std::span<std::uint64_t* const> out) {
    std::array<kernels::ConversionTarget, kMostLimbsPerBlock> targets{};
    for (int t = 0; t < count; ++t) {
      const auto place = static_cast<std::size_t>(t);
      targets[place] = conversion_.target(first + t, out[place], masking_.modulus(first + t)).sum;
    }
    ring_.kernels().base_convert(targets.data(), static_cast<std::size_t>(count), sources(half).data(),
                                 static_cast<std::size_t>(divisors_) + 1, masking_.size());
  }

  void reduce_remainder_exactly(int half, int first, int count, std::span<std::uint64_t* const> out) {
    for (int t = 0; t < count; ++t) {
      ring_.kernels().reduce_centered(out[static_cast<std::size_t>(t)], row(half, 0), masking_.size(),
                                      masking_.modulus(primes_), masking_.modulus(first + t));
    }
  }

  void divide_block(int first, int count, const EvaluationPoly& addend, PolyPair& out) {
    SecretRows scratch(ring_, 2 * count + 1);
    std::array<std::uint64_t*, 2 * kMostLimbsPerBlock> remainders{};
    for (int r = 0; r < 2 * count; ++r) remainders[static_cast<std::size_t>(r)] = scratch[r];
    const auto limbs = static_cast<std::size_t>(count);
    for (int half = 0; half < 2; ++half) {
      const auto of_half = std::span(remainders).subspan(static_cast<std::size_t>(half) * limbs, limbs);
      if (exact()) {
        reduce_remainder_exactly(half, first, count, of_half);
      } else {
        reduce_remainder(half, first, count, of_half);
      }
    }
    for (int t = 0; t < count; ++t) {
      const int limb = first + t;
      kernels::SwitchLimb job;
      job.remainder0 = scratch[t];
      job.remainder1 = scratch[count + t];
      job.inverse = ring_.constants().inverse_of_p(limb);
      job.addend0 = addend.limb(limb).data();
      job.out0 = out.c0.limb(limb).data();
      job.out1 = out.c1.limb(limb).data();
      std::uint64_t* const spare = scratch[2 * count];
      for (int half = 0; half < 2; ++half) {
        std::uint64_t* remainder = half == 0 ? job.remainder0 : job.remainder1;
        masking_.write_error(spare, half, limb);
        ring_.kernels().sub(remainder, remainder, spare, masking_.size(), masking_.modulus(limb));
      }
      masking_.multiply(limb, spare, job);
    }
  }

  const Masking& masking_;
  const RingContext& ring_;
  int primes_;
  int divisors_;
  const CenteredConversion& conversion_;
  SecretRows rows_;  ///< per half: the special limbs in the order of the conversion, then its quotients
};

}  // namespace

Mask draw_mask(int degree, random::Stream& stream) {
  SecretCoefficients factor = ternary_coefficients(degree, stream);
  SecretCoefficients error0 = error_coefficients(degree, stream);
  SecretCoefficients error1 = error_coefficients(degree, stream);
  return {std::move(factor), std::move(error0), std::move(error1)};
}

PolyPair mask_key(const RingContext& ring, const EvaluationPoly& b, const EvaluationPoly& a, const Mask& mask,
                  const EvaluationPoly& addend) {
  const Basis basis = addend.basis();
  const Masking masking(ring, b, a, mask, basis);
  PolyPair out{ring.make<Domain::kEvaluation>(basis), ring.make<Domain::kEvaluation>(basis)};
  for_each_task(ring, basis.limbs(), [&](int i) {
    SecretRows scratch(ring, 1);
    kernels::SwitchLimb job;
    job.out0 = out.c0.limb(i).data();
    job.out1 = out.c1.limb(i).data();
    job.start0 = job.out0;
    job.start1 = job.out1;
    job.summand0 = addend.limb(i).data();
    job.summand_factor = 1;
    for (int half = 0; half < 2; ++half) {
      std::uint64_t* words = half == 0 ? job.out0 : job.out1;
      masking.write_error(words, half, i);
      ring.kernels().ntt_forward(words, ring.ntt(basis, i));
    }
    masking.multiply(i, scratch[0], job);
  });
  return out;
}

PolyPair mask_key_and_divide(const RingContext& ring, const EvaluationPoly& b, const EvaluationPoly& a,
                             const Mask& mask, const EvaluationPoly& addend) {
  OBSCURA_CHECK(addend.basis().p_count == 0, "the addend of a quotient is modulo Q_l");
  const Basis basis = ring.basis_qp(params::Level(addend.basis().q_count - 1));
  return MaskedQuotient(Masking(ring, b, a, mask, basis)).run(addend);
}

}  // namespace obscura::fhe::ring
