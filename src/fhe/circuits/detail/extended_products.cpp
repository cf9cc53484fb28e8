#include "fhe/circuits/detail/extended_products.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/buffer.hpp"
#include "fhe/ring/gadget.hpp"

namespace obscura::fhe::circuits::detail {
namespace {

struct HoistedInputs {
  std::span<const ckks::Ciphertext* const> inputs;
  std::vector<ring::Digits> digits;  ///< [input]; empty for inputs that are never rotated
  ring::Basis basis;                 ///< Q_l P
};

HoistedInputs hoist_inputs(const ring::RingContext& ring, const TermPlan& plan,
                           std::span<const ckks::Ciphertext* const> inputs) {
  HoistedInputs hoisted{inputs, std::vector<ring::Digits>(inputs.size()), ring.basis_qp(inputs.front()->level())};
  for (const Rotation& rotation : plan.rotations) {
    const auto input = static_cast<std::size_t>(rotation.input);
    if (rotation.key == nullptr || !hoisted.digits[input].digits.empty()) continue;
    hoisted.digits[input] = ring::decompose(ring, inputs[input]->c1());
  }
  return hoisted;
}

/// One limb of all rotated inputs, each made on demand: P times the input, rotated.
class RotatedLimb {
 public:
  RotatedLimb(const ring::RingContext& ring, const TermPlan& plan, const HoistedInputs& hoisted, int limb)
      : ring_(ring),
        plan_(plan),
        hoisted_(hoisted),
        limb_(limb),
        size_(static_cast<std::size_t>(ring.degree())),
        uses_left_(plan.rotations.size()),
        pairs_(plan.rotations.size()),
        unrotated_(ring.pool().acquire(2 * size_)) {
    for (std::size_t i = 0; i < uses_left_.size(); ++i) uses_left_[i] = plan.rotations[i].uses;
  }

  [[nodiscard]] LimbPair get(std::size_t rotation) {
    base::Buffer& pair = pairs_[rotation];
    if (pair.size() == 0) {
      pair = ring_.pool().acquire(2 * size_);
      fill(plan_.rotations[rotation], pair.data(), pair.data() + size_);
    }
    return {pair.data(), pair.data() + size_};
  }

  /// One product with this rotation is done.
  void release(std::size_t rotation) {
    if (--uses_left_[rotation] == 0) pairs_[rotation] = base::Buffer();
  }

 private:
  [[nodiscard]] bool special() const { return limb_ >= hoisted_.basis.q_count; }

  // out = P * c; zero modulo the special primes.
  void lift(std::uint64_t* out, const ring::EvaluationPoly& c) const {
    if (special()) {
      std::fill_n(out, size_, 0);
    } else {
      ring_.kernels().multiply_scalar(out, c.limb(limb_).data(), size_, ring_.constants().p_mod(limb_),
                                      ring_.modulus(hoisted_.basis, limb_));
    }
  }

  void fill(const Rotation& rotation, std::uint64_t* r0, std::uint64_t* r1) {
    const auto input = static_cast<std::size_t>(rotation.input);
    const ckks::Ciphertext& ciphertext = *hoisted_.inputs[input];
    if (rotation.key == nullptr) {
      lift(r0, ciphertext.c0());
      lift(r1, ciphertext.c1());
      return;
    }
    std::uint64_t* const u0 = unrotated_.data();
    std::uint64_t* const u1 = u0 + size_;
    switch_limb(hoisted_.digits[input], *rotation.key, u0, u1);
    if (!special()) {
      lift(r0, ciphertext.c0());
      ring_.kernels().add(u0, u0, r0, size_, ring_.modulus(hoisted_.basis, limb_));
    }
    const kernels::Permutation& permutation = ring_.automorphism(rotation.galois);
    ring_.kernels().permute(r0, u0, permutation, size_);
    ring_.kernels().permute(r1, u1, permutation, size_);
  }

  void switch_limb(const ring::Digits& digits, const ckks::SwitchingKey& key, std::uint64_t* u0,
                   std::uint64_t* u1) const {
    std::array<const std::uint64_t*, params::kMaxPrimes> rows{};
    std::array<const std::uint64_t*, params::kMaxPrimes> rows_b{};
    std::array<const std::uint64_t*, params::kMaxPrimes> rows_a{};
    const std::size_t terms = digits.digits.size();
    const int key_limb = special() ? limb_ - hoisted_.basis.q_count + key.level().value() + 1 : limb_;
    for (std::size_t t = 0; t < terms; ++t) {
      rows[t] = digits.digits[t].limb(limb_).data();
      rows_b[t] = key.b()[t].limb(key_limb).data();
      rows_a[t] = key.a()[t].limb(key_limb).data();
    }
    ring_.kernels().inner_product_pair(u0, u1, rows.data(), rows_b.data(), rows_a.data(), terms, size_,
                                       ring_.modulus(hoisted_.basis, limb_), false);
  }

  const ring::RingContext& ring_;
  const TermPlan& plan_;
  const HoistedInputs& hoisted_;
  int limb_;
  std::size_t size_;
  std::vector<int> uses_left_;
  std::vector<base::Buffer> pairs_;
  base::Buffer unrotated_;
};

/// One limb of one giant step's sum.
void sum_limb(const ring::RingContext& ring, RotatedLimb& rotated, std::span<const std::size_t> rotation_of,
              std::span<const DiagonalView> diagonals, ProductSum& sum, int limb, std::span<std::uint64_t> scratch) {
  std::array<LimbPair, kTermsPerSweep> pairs{};
  for (std::size_t first = 0; first < rotation_of.size(); first += kTermsPerSweep) {
    const std::size_t terms = std::min(kTermsPerSweep, rotation_of.size() - first);
    for (std::size_t t = 0; t < terms; ++t) pairs[t] = rotated.get(rotation_of[first + t]);
    add_products(ring, sum, limb, std::span(pairs).first(terms), diagonals.subspan(first, terms), first == 0, scratch);
    for (std::size_t t = 0; t < terms; ++t) rotated.release(rotation_of[first + t]);
  }
}

}  // namespace

std::vector<ProductSum> extended_products(const ring::RingContext& ring, const TermPlan& plan,
                                          std::span<const ckks::Ciphertext* const> inputs,
                                          std::span<const std::vector<DiagonalView>> diagonals) {
  const HoistedInputs hoisted = hoist_inputs(ring, plan, inputs);
  std::vector<ProductSum> sums;
  for (const std::vector<DiagonalView>& step : diagonals) {
    sums.push_back(make_product_sum(ring, hoisted.basis, step.front().w1 == nullptr));
  }
  ring.parallel().for_each(static_cast<std::size_t>(hoisted.basis.limbs()), [&](std::size_t i) {
    const int limb = static_cast<int>(i);
    RotatedLimb rotated(ring, plan, hoisted, limb);
    base::Buffer scratch = ring.pool().acquire(3 * static_cast<std::size_t>(ring.degree()));
    for (std::size_t s = 0; s < sums.size(); ++s) {
      sum_limb(ring, rotated, plan.rotation_of[s], diagonals[s], sums[s], limb, scratch.words());
    }
  });
  return sums;
}

}  // namespace obscura::fhe::circuits::detail
