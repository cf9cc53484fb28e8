#include "fhe/ring/gadget.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

using Rows = std::array<const std::uint64_t*, params::kMaxPrimes + 1>;

/// Digits that meet the key in one sweep when they are not stored: few enough to stay in L2 at N = 2^14.
constexpr std::size_t kDigitsPerSweep = 4;

/// The digits of one level: ranges cut to the primes that are left.
class Cut {
 public:
  Cut(const params::ParamSet& params, params::Level level) : q_count_(level.value() + 1) {
    digits_ = params.digits().first(static_cast<std::size_t>(params.digit_count(level)));
  }
  [[nodiscard]] int count() const { return static_cast<int>(digits_.size()); }
  [[nodiscard]] int first(int digit) const { return digits_[static_cast<std::size_t>(digit)].first; }
  [[nodiscard]] int primes(int digit) const {
    return std::min(digits_[static_cast<std::size_t>(digit)].count, q_count_ - first(digit));
  }
  [[nodiscard]] bool owns(int digit, int limb) const {
    return limb >= first(digit) && limb < first(digit) + primes(digit);
  }
  [[nodiscard]] int digit_of(int limb) const {
    int digit = 0;
    while (!owns(digit, limb)) ++digit;
    return digit;
  }

 private:
  std::span<const params::DigitRange> digits_;
  int q_count_;
};

/// Coefficients of `a`, ready to be lifted: row i < limbs is limb i (scaled, if its digit has several
/// primes), row limbs + d holds the multiples of digit d, if it has several primes.
base::Buffer prepare_rows(const RingContext& ring, const Cut& cut, const EvaluationPoly& a) {
  const auto n = static_cast<std::size_t>(ring.degree());
  const int limbs = a.limbs();
  base::Buffer rows = ring.pool().acquire(static_cast<std::size_t>(limbs + cut.count()) * row_stride(ring));
  const auto row = [&](int i) { return rows.words().subspan(static_cast<std::size_t>(i) * row_stride(ring), n); };
  for_each_task(ring, limbs, [&](int i) {
    std::uint64_t* out = row(i).data();
    std::memcpy(out, a.limb(i).data(), n * sizeof(std::uint64_t));
    ring.kernels().ntt_inverse(out, ring.ntt(a.basis(), i));
    const int digit = cut.digit_of(i);
    if (cut.primes(digit) == 1) return;
    const auto& scale = ring.constants().from_digit(digit, cut.primes(digit)).scale(i - cut.first(digit));
    ring.kernels().multiply_scalar(out, out, n, scale, ring.modulus(a.basis(), i));
  });
  for (int digit = 0; digit < cut.count(); ++digit) {
    if (cut.primes(digit) == 1) continue;
    Rows scaled{};
    for (int j = 0; j < cut.primes(digit); ++j) scaled[static_cast<std::size_t>(j)] = row(cut.first(digit) + j).data();
    round_quotients(ring, ring.constants().from_digit(digit, cut.primes(digit)), row(limbs + digit).data(),
                    scaled.data());
  }
  return rows;
}

/// Limbs of one digit that it does not own, and where each goes.
struct Lifted {
  int count = 0;
  std::array<int, kMostLimbsPerBlock> limb{};
  std::array<std::uint64_t*, kMostLimbsPerBlock> out{};

  void add(int i, std::uint64_t* to) {
    limb[static_cast<std::size_t>(count)] = i;
    out[static_cast<std::size_t>(count++)] = to;
  }
};

/// Lifts one digit to the primes of some limbs of `basis`, in evaluation order.
void lift(const RingContext& ring, const Cut& cut, const base::Buffer& rows, const Basis& basis, int digit,
          const Lifted& to) {
  const auto n = static_cast<std::size_t>(ring.degree());
  const auto row = [&](int i) { return rows.data() + static_cast<std::size_t>(i) * row_stride(ring); };
  const int first = cut.first(digit);
  const int primes = cut.primes(digit);
  if (primes == 1) {
    for (std::size_t t = 0; t < static_cast<std::size_t>(to.count); ++t) {
      ring.kernels().reduce_centered(to.out[t], row(first), n, ring.modulus(basis, first),
                                     ring.modulus(basis, to.limb[t]));
    }
  } else {
    Rows inputs{};
    for (int j = 0; j < primes; ++j) inputs[static_cast<std::size_t>(j)] = row(first + j);
    inputs[static_cast<std::size_t>(primes)] = row(basis.q_count + digit);
    const CenteredConversion& conversion = ring.constants().from_digit(digit, primes);
    std::array<kernels::ConversionTarget, kMostLimbsPerBlock> targets{};
    for (std::size_t t = 0; t < static_cast<std::size_t>(to.count); ++t) {
      targets[t] = {to.out[t], conversion.factors(ring.prime_place(basis, to.limb[t])),
                    &ring.modulus(basis, to.limb[t])};
    }
    ring.kernels().base_convert(targets.data(), static_cast<std::size_t>(to.count), inputs.data(),
                                static_cast<std::size_t>(primes) + 1, n);
  }
  for (std::size_t t = 0; t < static_cast<std::size_t>(to.count); ++t) {
    ring.kernels().ntt_forward(to.out[t], ring.ntt(basis, to.limb[t]));
  }
}

void check_keys(const Basis& basis, std::size_t digits, std::span<const EvaluationPoly> keys, int degree) {
  OBSCURA_CHECK(keys.size() >= digits, "the key has fewer digits than the polynomial");
  for (const EvaluationPoly& key : keys) {
    OBSCURA_CHECK(
        key.degree() == degree && key.basis().q_count >= basis.q_count && key.basis().p_count == basis.p_count,
        "the key is for a lower level than the polynomial");
  }
}

void prepare_output(const RingContext& ring, const Basis& basis, bool accumulate, EvaluationPoly& out) {
  if (out.basis() == basis && out.degree() == ring.degree()) return;
  OBSCURA_CHECK(!accumulate, "a sum can only be added to a polynomial over the same basis");
  out = ring.make<Domain::kEvaluation>(basis);
}

/// A key, the polynomials that receive its products with digits, and their basis.
struct KeyProduct {
  KeyProduct(const RingContext& context, const Basis& digit_basis, std::size_t digit_count,
             std::span<const EvaluationPoly> b, std::span<const EvaluationPoly> a, EvaluationPoly& sum0,
             EvaluationPoly& sum1, bool add_to_sums)
      : ring(context),
        basis(digit_basis),
        digits(digit_count),
        key_b(b),
        key_a(a),
        out0(sum0),
        out1(sum1),
        accumulate(add_to_sums) {
    check_keys(basis, digits, key_b, ring.degree());
    check_keys(basis, digits, key_a, ring.degree());
    prepare_output(ring, basis, accumulate, out0);
    prepare_output(ring, basis, accumulate, out1);
  }

  /// The sums over digits first .. first + count - 1 modulo the prime of limb i; rows[t] is limb i of
  /// digit first + t.
  void limb(int i, std::size_t first, std::size_t count, const Rows& rows) const {
    const bool add_to_sums = accumulate || first > 0 || start_with_summands(i);
    Rows rows_b{};
    Rows rows_a{};
    const int special = i - basis.q_count;
    const auto key_limb = [&](const EvaluationPoly& key) {
      return key.limb(special < 0 ? i : key.basis().q_count + special).data();
    };
    for (std::size_t t = 0; t < count; ++t) {
      rows_b[t] = key_limb(key_b[first + t]);
      rows_a[t] = key_limb(key_a[first + t]);
    }
    ring.kernels().inner_product_pair(out0.limb(i).data(), out1.limb(i).data(), rows.data(), rows_b.data(),
                                      rows_a.data(), count, static_cast<std::size_t>(ring.degree()),
                                      ring.modulus(basis, i), add_to_sums);
  }

  /// Writes P times the summands to limb i of the sums; whether there are any.
  [[nodiscard]] bool start_with_summands(int i) const {
    if (summand0 == nullptr || i >= basis.q_count) return false;
    const auto n = static_cast<std::size_t>(ring.degree());
    const arith::ShoupFactor& p = ring.constants().p_mod(i);
    ring.kernels().multiply_scalar(out0.limb(i).data(), summand0->limb(i).data(), n, p, ring.modulus(basis, i));
    ring.kernels().multiply_scalar(out1.limb(i).data(), summand1->limb(i).data(), n, p, ring.modulus(basis, i));
    return true;
  }

  const RingContext& ring;
  Basis basis;
  std::size_t digits;
  std::span<const EvaluationPoly> key_b;
  std::span<const EvaluationPoly> key_a;
  EvaluationPoly& out0;
  EvaluationPoly& out1;
  bool accumulate;
  const EvaluationPoly* summand0 = nullptr;
  const EvaluationPoly* summand1 = nullptr;
};

/// A block of limbs of the products of all digits of `a` with a key: each digit is lifted, transformed and met while it
/// is in the cache.
void multiply_block(const KeyProduct& product, const EvaluationPoly& a, const Cut& cut,
                    const base::Buffer& coefficients, int first_limb, int limbs) {
  const RingContext& ring = product.ring;
  const std::size_t per_sweep = std::min(product.digits, kDigitsPerSweep);
  base::Buffer words = ring.pool().acquire(static_cast<std::size_t>(limbs) * per_sweep * row_stride(ring));
  std::array<Rows, kMostLimbsPerBlock> rows{};
  for (std::size_t first = 0; first < product.digits; first += kDigitsPerSweep) {
    const std::size_t count = std::min(kDigitsPerSweep, product.digits - first);
    for (std::size_t t = 0; t < count; ++t) {
      const int digit = static_cast<int>(first + t);
      Lifted lifted;
      for (int i = 0; i < limbs; ++i) {
        const auto at = static_cast<std::size_t>(i);
        std::uint64_t* out = words.data() + (at * per_sweep + t) * row_stride(ring);
        const bool owned = cut.owns(digit, first_limb + i);
        if (!owned) lifted.add(first_limb + i, out);
        rows[at][t] = owned ? a.limb(first_limb + i).data() : out;
      }
      lift(ring, cut, coefficients, product.basis, digit, lifted);
    }
    for (int i = 0; i < limbs; ++i) {
      product.limb(first_limb + i, first, count, rows[static_cast<std::size_t>(i)]);
    }
  }
}

void multiply(const KeyProduct& product, const EvaluationPoly& a, const Cut& cut) {
  const base::Buffer coefficients = prepare_rows(product.ring, cut, a);
  for_each_block(product.ring, product.basis.limbs(),
                 [&](int first_limb, int limbs) { multiply_block(product, a, cut, coefficients, first_limb, limbs); });
}

void check_operand(const RingContext& ring, const EvaluationPoly& a) {
  OBSCURA_CHECK(a.degree() == ring.degree() && ring.contains(a.basis()) && a.basis().p_count == 0,
                "only a polynomial modulo Q_l is cut into digits");
}

}  // namespace

Digits decompose(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a);
  const params::Level level(a.basis().q_count - 1);
  const Cut cut(ring.params(), level);
  const Basis basis = ring.basis_qp(level);
  const base::Buffer rows = prepare_rows(ring, cut, a);
  Digits result;
  for (int d = 0; d < cut.count(); ++d) result.digits.push_back(ring.make<Domain::kEvaluation>(basis));
  for (int digit = 0; digit < cut.count(); ++digit) {
    EvaluationPoly& out = result.digits[static_cast<std::size_t>(digit)];
    for_each_block(ring, basis.limbs(), [&](int first, int count) {
      Lifted lifted;
      for (int i = first; i < first + count; ++i) {
        if (cut.owns(digit, i)) {
          std::ranges::copy(a.limb(i), out.limb(i).begin());
        } else {
          lifted.add(i, out.limb(i).data());
        }
      }
      lift(ring, cut, rows, basis, digit, lifted);
    });
  }
  return result;
}

void inner_product(const RingContext& ring, const Digits& digits, std::span<const EvaluationPoly> key_b,
                   std::span<const EvaluationPoly> key_a, EvaluationPoly& out0, EvaluationPoly& out1, bool accumulate) {
  OBSCURA_CHECK(!digits.digits.empty(), "there are no digits");
  const std::size_t terms = digits.digits.size();
  const KeyProduct product(ring, digits.digits.front().basis(), terms, key_b, key_a, out0, out1, accumulate);
  for_each_task(ring, product.basis.limbs(), [&](int i) {
    Rows rows{};
    for (std::size_t t = 0; t < terms; ++t) rows[t] = digits.digits[t].limb(i).data();
    product.limb(i, 0, terms, rows);
  });
}

void decompose_and_multiply(const RingContext& ring, const EvaluationPoly& a, std::span<const EvaluationPoly> key_b,
                            std::span<const EvaluationPoly> key_a, EvaluationPoly& out0, EvaluationPoly& out1,
                            bool accumulate) {
  check_operand(ring, a);
  const params::Level level(a.basis().q_count - 1);
  const Cut cut(ring.params(), level);
  const auto terms = static_cast<std::size_t>(cut.count());
  multiply(KeyProduct(ring, ring.basis_qp(level), terms, key_b, key_a, out0, out1, accumulate), a, cut);
}

void decompose_and_multiply_plus(const RingContext& ring, const EvaluationPoly& a,
                                 std::span<const EvaluationPoly> key_b, std::span<const EvaluationPoly> key_a,
                                 const EvaluationPoly& summand0, const EvaluationPoly& summand1, EvaluationPoly& out0,
                                 EvaluationPoly& out1) {
  check_operand(ring, a);
  OBSCURA_CHECK(summand0.basis() == a.basis() && summand1.basis() == a.basis(), "the summands have another basis");
  const params::Level level(a.basis().q_count - 1);
  const Cut cut(ring.params(), level);
  const auto terms = static_cast<std::size_t>(cut.count());
  KeyProduct product(ring, ring.basis_qp(level), terms, key_b, key_a, out0, out1, false);
  product.summand0 = &summand0;
  product.summand1 = &summand1;
  multiply(product, a, cut);
}

void add_gadget_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor, int digit) {
  OBSCURA_CHECK(a.degree() == ring.degree() && a.basis() == factor.basis(), "the operands have different bases");
  OBSCURA_CHECK(digit >= 0 && digit < static_cast<int>(ring.params().digits().size()), "there is no such digit");
  const params::DigitRange range = ring.params().digits()[static_cast<std::size_t>(digit)];
  const auto n = static_cast<std::size_t>(ring.degree());
  base::Buffer multiple = ring.pool().acquire(n);
  for (int i = range.first; i < std::min(range.first + range.count, a.basis().q_count); ++i) {
    const arith::Modulus& q = ring.modulus(a.basis(), i);
    ring.kernels().multiply_scalar(multiple.data(), factor.limb(i).data(), n, ring.constants().p_mod(i), q);
    ring.kernels().add(a.limb(i).data(), a.limb(i).data(), multiple.data(), n, q);
  }
}

}  // namespace obscura::fhe::ring
