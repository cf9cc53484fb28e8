#include "fhe/ring/detail/digit_rows.hpp"

#include <cstring>

#include "base/check.hpp"

namespace obscura::fhe::ring::detail {
namespace {

using ConstRows = std::array<const std::uint64_t*, params::kMaxPrimes + 1>;

params::Level level_of(const EvaluationPoly& a) {
  OBSCURA_CHECK(a.basis().q_count >= 1 && a.basis().p_count == 0, "only a polynomial modulo Q_l is cut into digits");
  return params::Level(a.basis().q_count - 1);
}

}  // namespace

DigitRows::DigitRows(const RingContext& ring, const EvaluationPoly& a)
    : ring_(ring), cut_(ring.params(), level_of(a)), basis_(ring.basis_qp(level_of(a))) {
  OBSCURA_CHECK(a.degree() == ring.degree() && ring.contains(a.basis()),
                "only a polynomial modulo Q_l is cut into digits");
  const auto n = static_cast<std::size_t>(ring.degree());
  rows_ = ring.pool().acquire(static_cast<std::size_t>(a.limbs() + cut_.count()) * row_stride(ring));
  for_each_task(ring, a.limbs(), [&](int i) {
    std::uint64_t* out = row(i).data();
    const kernels::NttTables& tables = ring.ntt(a.basis(), i);
    const int digit = cut_.digit_of(i);
    if (cut_.primes(digit) == 1) {
      std::memcpy(out, a.limb(i).data(), n * sizeof(std::uint64_t));
      return ring.kernels().ntt_inverse(out, tables);
    }
    const auto& scale = ring.constants().from_digit(digit, cut_.primes(digit)).scale(i - cut_.first(digit));
    ring.kernels().ntt_inverse_scaled(out, a.limb(i).data(), tables, scale);
  });
  for (int digit = 0; digit < cut_.count(); ++digit) {
    if (cut_.primes(digit) > 1) prepare_quotients(digit);
  }
}

std::span<std::uint64_t> DigitRows::row(int i) {
  return rows_.words().subspan(static_cast<std::size_t>(i) * row_stride(ring_),
                               static_cast<std::size_t>(ring_.degree()));
}

const std::uint64_t* DigitRows::row(int i) const {
  return rows_.data() + static_cast<std::size_t>(i) * row_stride(ring_);
}

void DigitRows::prepare_quotients(int digit) {
  ConstRows scaled{};
  for (int j = 0; j < cut_.primes(digit); ++j) {
    scaled[static_cast<std::size_t>(j)] = row(cut_.first(digit) + j).data();
  }
  round_quotients(ring_, ring_.constants().from_digit(digit, cut_.primes(digit)), row(basis_.q_count + digit).data(),
                  scaled.data());
}

void DigitRows::lift(int digit, int first, int count, const BlockRows& out) const {
  const auto n = static_cast<std::size_t>(ring_.degree());
  const int own = cut_.first(digit);
  const int primes = cut_.primes(digit);
  if (primes == 1) {
    for (int t = 0; t < count; ++t) {
      std::uint64_t* to = out[static_cast<std::size_t>(t)];
      if (to == nullptr) continue;
      ring_.kernels().reduce_centered(to, row(own), n, ring_.modulus(basis_, own), ring_.modulus(basis_, first + t));
    }
    return;
  }
  ConstRows inputs{};
  for (int j = 0; j < primes; ++j) inputs[static_cast<std::size_t>(j)] = row(own + j);
  inputs[static_cast<std::size_t>(primes)] = row(basis_.q_count + digit);
  const CenteredConversion& conversion = ring_.constants().from_digit(digit, primes);
  std::array<kernels::LiftTarget, kMostLimbsPerBlock> targets{};
  std::size_t wanted = 0;
  for (int t = 0; t < count; ++t) {
    std::uint64_t* to = out[static_cast<std::size_t>(t)];
    if (to == nullptr) continue;
    targets[wanted++] = conversion.target(ring_.prime_place(basis_, first + t), to, ring_.modulus(basis_, first + t));
  }
  ring_.kernels().lift(targets.data(), wanted, inputs.data(), static_cast<std::size_t>(primes) + 1, n);
}

}  // namespace obscura::fhe::ring::detail
