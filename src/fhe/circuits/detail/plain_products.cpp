#include "fhe/circuits/detail/plain_products.hpp"

#include <algorithm>
#include <array>

#include "base/buffer.hpp"
#include "fhe/ckks/rotate.hpp"

namespace obscura::fhe::circuits::detail {

PlainProducts::PlainProducts(const ring::RingContext& ring, const TermPlan& plan,
                             std::span<const ckks::Ciphertext* const> inputs)
    : ring_(ring), plan_(plan), inputs_(inputs), digits_(inputs.size()), rotated_(plan.rotations.size()) {
  for (const Rotation& rotation : plan.rotations) uses_left_.push_back(rotation.uses);
}

const ckks::Ciphertext& PlainProducts::rotated(std::size_t rotation) {
  const Rotation& wanted = plan_.rotations[rotation];
  const auto input = static_cast<std::size_t>(wanted.input);
  if (wanted.key == nullptr) return *inputs_[input];
  if (!rotated_[rotation].has_value()) {
    ring::Digits& digits = digits_[input];
    if (digits.digits.empty()) digits = ckks::hoist(ring_, *inputs_[input]);
    rotated_[rotation] = ckks::apply_galois_hoisted(ring_, *inputs_[input], digits, wanted.galois, *wanted.key);
  }
  return *rotated_[rotation];
}

void PlainProducts::release(std::size_t rotation) {
  if (--uses_left_[rotation] == 0) rotated_[rotation].reset();
}

void PlainProducts::add(const TermRun& run) {
  const auto rotation_of = std::span(plan_.rotation_of[run.step]).subspan(run.first, run.diagonals.size());
  const auto limbs = static_cast<std::size_t>(run.sum->d0.limbs());
  std::array<const ckks::Ciphertext*, kTermsPerSweep> operands{};
  for (std::size_t first = 0; first < rotation_of.size(); first += kTermsPerSweep) {
    const std::size_t terms = std::min(kTermsPerSweep, rotation_of.size() - first);
    for (std::size_t t = 0; t < terms; ++t) operands[t] = &rotated(rotation_of[first + t]);
    ring_.parallel().for_each(limbs, [&](std::size_t i) {
      const int limb = static_cast<int>(i);
      base::Buffer scratch = ring_.pool().acquire(3 * static_cast<std::size_t>(ring_.degree()));
      std::array<LimbPair, kTermsPerSweep> pairs{};
      for (std::size_t t = 0; t < terms; ++t) {
        pairs[t] = {operands[t]->c0().limb(limb).data(), operands[t]->c1().limb(limb).data()};
      }
      add_products(ring_, *run.sum, limb, std::span(pairs).first(terms), run.diagonals.subspan(first, terms),
                   run.first + first == 0, scratch.words());
    });
    for (std::size_t t = 0; t < terms; ++t) release(rotation_of[first + t]);
  }
}

}  // namespace obscura::fhe::circuits::detail
