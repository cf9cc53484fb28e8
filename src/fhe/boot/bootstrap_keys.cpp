#include "fhe/boot/bootstrap_keys.hpp"

#include <algorithm>
#include <cmath>

#include "fhe/ckks/key_id.hpp"
#include "fhe/params/bootstrap_rotations.hpp"

namespace obscura::fhe::boot {
namespace {

using params::Level;
using Needs = std::map<ckks::KeyId, Level>;

void need(Needs& needs, ckks::KeyId id, Level level) {
  const auto [place, fresh] = needs.try_emplace(id, level);
  if (!fresh) place->second = std::max(place->second, level);
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
  const int log_n = bootstrap.log_n();
  Needs needs;
  for (const auto& [step, level] : params::bootstrap_rotations(bootstrap.literal(), log_n, bootstrap.top_level())) {
    need(needs, ckks::rotation_key_id(step, log_n), level);
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
