#include "fhe/params/bootstrap_presets.hpp"

#include <utility>

namespace obscura::fhe::params {
namespace {

constexpr int kLogN = 16;
constexpr int kUsable = 13;
constexpr int kUsableBits = 40;
constexpr int kScaleBits = 39;

void append(std::vector<int>& bits, int count, int size) {
  bits.insert(bits.end(), static_cast<std::size_t>(count), size);
}

/// From the bottom: q_0, three primes of SlotsToCoeffs, usable ones, nine of EvalMod, three of CoeffsToSlots. The lower
/// ones are small enough that no gadget digit is as large as P: 1696 of 1721 bits.
ParamLiteral chain(int usable, int usable_bits) {
  ParamLiteral literal{.log_n = kLogN, .q_bits = {50}, .p_bits = {}, .security = Security::k128};
  append(literal.q_bits, 3, 38);
  append(literal.q_bits, usable, usable_bits);
  append(literal.q_bits, 6, 50);
  append(literal.q_bits, 1, 39);
  append(literal.q_bits, 1, 23);
  append(literal.q_bits, 4, 50);
  append(literal.p_bits, 9, 50);
  return literal;
}

BootstrapPreset preset(std::string_view name, int log_slots, bool real, std::vector<int> stages) {
  BootstrapLiteral bootstrap{.log_slots = log_slots, .real = real};
  bootstrap.coeffs_to_slots.assign(stages.rbegin(), stages.rend());
  bootstrap.slots_to_coeffs = std::move(stages);
  return {name, chain(kUsable, kUsableBits), std::move(bootstrap), kScaleBits};
}

}  // namespace

std::vector<BootstrapPreset> bootstrap_presets() {
  return {preset("complex, 2^15 slots", 15, false, {5, 5, 5}), preset("real, 2^15 slots", 15, true, {5, 5, 5}),
          preset("real, 2^14 slots", 14, true, {5, 5, 4}), preset("real, 2^12 slots", 12, true, {4, 4, 4})};
}

BootstrapPreset real_bootstrap(int usable, int bits) {
  BootstrapPreset made = preset("real, 2^15 slots", 15, true, {5, 5, 5});
  made.params = chain(usable, bits);
  return made;
}

}  // namespace obscura::fhe::params
