#pragma once

#include "fhe/boot/bootstrap_keys.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "fhe/params/bootstrap_error.hpp"
#include "tests/engine/engine.hpp"

namespace obscura::tests {

namespace boot = fhe::boot;

inline void add_bootstrap_keys(Engine& engine, const params::BootstrapParams& bootstrap) {
  for (const auto& [id, level] : boot::bootstrap_keys(bootstrap)) {
    if (id.kind == ckks::KeyKind::kEncapsulate) continue;  // made with the other one
    if (id.kind == ckks::KeyKind::kDecapsulate) {
      engine.add_encapsulation_keys(level);
    } else {
      engine.add_key(id, level);
    }
  }
}

/// Repeats the first 2^log_slots values.
inline Slots repeated(Slots slots, int log_slots) {
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = slots[i % (std::size_t{1} << log_slots)];
  return slots;
}

inline Slots real_parts(const Slots& slots) {
  return map_slots(slots, [](auto z) { return std::complex<double>(z.real()); });
}

/// What a bootstrap without noise makes of values.
inline Slots without_noise(const params::BootstrapParams& bootstrap, const Slots& slots) {
  const auto pass = [&](double v) { return v - params::bootstrap_bias(bootstrap, v); };
  return map_slots(slots, [&](auto z) { return std::complex<double>(pass(z.real()), pass(z.imag())); });
}

}  // namespace obscura::tests
