#include "fhe/boot/bootstrap_keys.hpp"

#include <algorithm>
#include <cmath>

#include "fhe/boot/rotation_plan.hpp"
#include "fhe/ckks/key_id.hpp"

namespace obscura::fhe::boot {
namespace {

using params::Level;
using Needs = std::map<ckks::KeyId, Level>;

void need(Needs& needs, ckks::KeyId id, Level level) {
  const auto [place, fresh] = needs.try_emplace(id, level);
  if (!fresh) place->second = std::max(place->second, level);
}

void need_rotation(Needs& needs, int step, int log_n, Level level) {
  if (step % (1 << (log_n - 1)) == 0) return;
  need(needs, ckks::rotation_key_id(params::RotationStep(step), log_n), level);
}

void need_transforms(Needs& needs, const std::vector<RotationPlan>& plans, int log_n, Level level) {
  for (const RotationPlan& plan : plans) {
    for (int baby = 0; baby < plan.babies; ++baby) {
      need_rotation(needs, (plan.first + baby) * plan.stride, log_n, level);
    }
    if (plan.giants > 1) need_rotation(needs, plan.babies * plan.stride, log_n, level);
    level = Level(level.value() - 1);
  }
}

/// Bits of all primes of one polynomial's words, per coefficient.
double polynomial_bits(const params::ParamSet& params, Level level, std::size_t special) {
  double bits = 0;
  const auto add = [&](const arith::Modulus& q) { bits += std::ceil(std::log2(static_cast<double>(q.value()))); };
  std::ranges::for_each(params.q().first(static_cast<std::size_t>(level.value()) + 1), add);
  std::ranges::for_each(params.p().first(special), add);
  return bits;
}

}  // namespace

Needs bootstrap_keys(const params::BootstrapParams& bootstrap) {
  const params::BootstrapLiteral& literal = bootstrap.literal();
  const int log_n = bootstrap.log_n();
  Needs needs;
  need_transforms(needs, slots_to_coeffs_rotations(literal), log_n, bootstrap.input_level());
  need_transforms(needs, coeffs_to_slots_rotations(literal), log_n, bootstrap.top_level());
  for (int log_step = literal.log_slots; log_step < log_n - 1; ++log_step) {
    need_rotation(needs, 1 << log_step, log_n, bootstrap.top_level());
  }
  need(needs, ckks::conjugation_key_id(log_n), bootstrap.eval_mod_level());
  need(needs, ckks::relinearization_key_id(), bootstrap.eval_mod_level());
  need(needs, ckks::encapsulation_key_id(), Level(0));
  need(needs, ckks::decapsulation_key_id(), bootstrap.top_level());
  return needs;
}

double bootstrap_key_bytes(const params::ParamSet& params, const params::BootstrapParams& bootstrap) {
  double bits = 0;
  for (const auto& [id, level] : bootstrap_keys(bootstrap)) {
    const bool bottom = id.kind == ckks::KeyKind::kEncapsulate;
    bits += bottom ? polynomial_bits(params, level, 1)
                   : params.digit_count(level) * polynomial_bits(params, level, params.p().size());
  }
  return bits / 8 * params.degree();
}

}  // namespace obscura::fhe::boot
