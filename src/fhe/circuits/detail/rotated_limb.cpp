#include "fhe/circuits/detail/rotated_limb.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "fhe/ring/for_each_limb.hpp"

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
      stride_(ring::row_stride(ring)),
      uses_left_(plan.rotations.size()),
      pairs_(plan.rotations.size()) {
  for (std::size_t i = 0; i < uses_left_.size(); ++i) uses_left_[i] = plan.rotations[i].uses;
}

LimbPair RotatedLimb::get(std::size_t rotation) {
  base::Buffer& pair = pairs_[rotation];
  if (pair.size() == 0) {
    pair = ring_.pool().acquire(2 * stride_);
    write(rotation, pair.data(), pair.data() + stride_, false);
  }
  return {pair.data(), pair.data() + stride_};
}

void RotatedLimb::release(std::size_t rotation) {
  if (--uses_left_[rotation] == 0) pairs_[rotation] = base::Buffer();
}

void RotatedLimb::write(std::size_t rotation, std::uint64_t* r0, std::uint64_t* r1, bool adds,
                        std::optional<std::size_t> next) const {
  const Rotation& wanted = plan_.rotations[rotation];
  const auto input = static_cast<std::size_t>(wanted.input);
  const ckks::Ciphertext& ciphertext = *hoisted_.inputs[input];
  kernels::SwitchLimb job;
  job.tables = &ring_.ntt(hoisted_.basis, limb_);
  job.out0 = r0;
  job.out1 = r1;
  job.adds = adds;
  if (!special()) {  // P is 0 modulo the special primes
    job.summand0 = ciphertext.c0().limb(limb_).data();
    job.summand_factor = ring_.constants().p_mod(limb_).w;
  }
  if (wanted.key == nullptr) {
    if (!special()) job.summand1 = ciphertext.c1().limb(limb_).data();
    return ring_.kernels().switch_limb(job);
  }
  job.permutation = &ring_.automorphism(wanted.galois);
  switch_limb(job, hoisted_.digits[input], *wanted.key, next ? plan_.rotations[*next].key : nullptr);
}

std::size_t RotatedLimb::write_key_rows(const ckks::SwitchingKey& key, KeyRows& rows0, KeyRows& rows1) const {
  const int beyond = limb_ - hoisted_.basis.q_count;
  const auto limb_of = [&](const ring::EvaluationPoly& half) {
    return half.limb(special() ? half.basis().q_count + beyond : limb_).data();
  };
  const std::size_t digits = std::min(key.a().size(), rows0.size());
  for (std::size_t t = 0; t < digits; ++t) {
    rows0[t] = limb_of(key.b()[t]);
    rows1[t] = limb_of(key.a()[t]);
  }
  return digits;
}

void RotatedLimb::switch_limb(kernels::SwitchLimb job, const ring::Digits& digits, const ckks::SwitchingKey& key,
                              const ckks::SwitchingKey* next) const {
  KeyRows rows{};
  KeyRows key0{};
  KeyRows key1{};
  KeyRows next0{};
  KeyRows next1{};
  const std::size_t terms = digits.digits.size();
  for (std::size_t t = 0; t < terms; ++t) rows[t] = digits.digits[t].limb(limb_).data();
  write_key_rows(key, key0, key1);
  job.digits = std::span(rows).first(terms);
  job.key0 = std::span(key0).first(terms);
  job.key1 = std::span(key1).first(terms);
  if (next != nullptr) {
    const std::size_t count = std::min(terms, write_key_rows(*next, next0, next1));
    job.next_key0 = std::span(next0).first(count);
    job.next_key1 = std::span(next1).first(count);
  }
  ring_.kernels().switch_limb(job);
}

}  // namespace obscura::fhe::circuits::detail
