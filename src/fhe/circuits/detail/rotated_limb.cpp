#include "fhe/circuits/detail/rotated_limb.hpp"

#include <algorithm>
#include <array>

namespace obscura::fhe::circuits::detail {

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

RotatedLimb::RotatedLimb(const ring::RingContext& ring, const TermPlan& plan, const HoistedInputs& hoisted, int limb)
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

LimbPair RotatedLimb::get(std::size_t rotation) {
  base::Buffer& pair = pairs_[rotation];
  if (pair.size() == 0) {
    pair = ring_.pool().acquire(2 * size_);
    fill(plan_.rotations[rotation], pair.data(), pair.data() + size_);
  }
  return {pair.data(), pair.data() + size_};
}

void RotatedLimb::release(std::size_t rotation) {
  if (--uses_left_[rotation] == 0) pairs_[rotation] = base::Buffer();
}

// out = P * c; zero modulo the special primes.
void RotatedLimb::lift(std::uint64_t* out, const ring::EvaluationPoly& c) const {
  if (special()) {
    std::fill_n(out, size_, 0);
  } else {
    ring_.kernels().multiply_scalar(out, c.limb(limb_).data(), size_, ring_.constants().p_mod(limb_),
                                    ring_.modulus(hoisted_.basis, limb_));
  }
}

void RotatedLimb::fill(const Rotation& rotation, std::uint64_t* r0, std::uint64_t* r1) {
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

void RotatedLimb::switch_limb(const ring::Digits& digits, const ckks::SwitchingKey& key, std::uint64_t* u0,
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

}  // namespace obscura::fhe::circuits::detail
