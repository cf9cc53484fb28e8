#include "bench/operations/engine.hpp"

#include <cmath>
#include <utility>

#include "fhe/boot/bootstrap_keys.hpp"
#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/expand.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/secret/decrypt.hpp"
#include "fhe/secret/encapsulation_keys.hpp"
#include "fhe/secret/encrypt_symmetric.hpp"
#include "fhe/secret/generate_keys.hpp"

namespace obscura::bench::operations {

using fhe::params::Level;
using fhe::params::Scale;

base::Result<std::unique_ptr<Engine>> Engine::create(const Shape& shape, const fhe::ckks::EngineOptions& options) {
  OBSCURA_TRY(auto params, shape.insecure ? fhe::params::ParamSet::create_insecure({shape.literal})
                                          : fhe::params::ParamSet::create(shape.literal));
  OBSCURA_TRY(auto context, fhe::ckks::Context::create(std::move(params), options));
  return std::unique_ptr<Engine>(new Engine(std::move(context)));
}

Engine::Engine(std::unique_ptr<fhe::ckks::Context> context)
    : context_(std::move(context)),
      noise_(context_->params()),
      secret_(fhe::secret::SecretKey::generate(context_->ring())),
      errors_(fhe::random::random_seed(), fhe::random::Domain::kError, 0),
      masks_(fhe::random::random_seed(), fhe::random::Domain::kEphemeral, 0),
      public_key_(fhe::secret::make_public_key(context_->ring(), secret_, fhe::random::random_seed(), errors_)) {}

const fhe::ckks::SwitchingKey& Engine::key(fhe::ckks::KeyId id) {
  if (keys_.find(id) == nullptr) {
    keys_.insert(id, fhe::secret::make_switching_key(ring(), secret_, id, top(), fhe::random::random_seed(), errors_));
  }
  return *keys_.find(id);
}

const fhe::ckks::SwitchingKey& Engine::rotation_key(int step) {
  return key(fhe::ckks::rotation_key_id(fhe::params::RotationStep(step), params().log_n()));
}

void Engine::make_keys(const fhe::params::BootstrapParams& bootstrap) {
  using fhe::ckks::KeyKind;
  const auto seed = [] { return fhe::random::random_seed(); };
  for (const auto& [id, level] : fhe::boot::bootstrap_keys(bootstrap)) {
    const fhe::ckks::SwitchingKey* const known = keys_.find(id);
    if (id.kind == KeyKind::kEncapsulate || (known != nullptr && known->level() >= level)) continue;
    if (id.kind != KeyKind::kDecapsulate) {
      keys_.insert(id, fhe::secret::make_switching_key(ring(), secret_, id, level, seed(), errors_));
      continue;
    }
    fhe::random::Stream sparse(seed(), fhe::random::Domain::kSecretKey, 0);
    auto pair = fhe::secret::make_encapsulation_keys(ring(), secret_, level, seed(), errors_, sparse);
    keys_.insert(fhe::ckks::encapsulation_key_id(), std::move(pair.to_sparse));
    keys_.insert(id, std::move(pair.to_dense));
  }
}

fhe::ckks::Plaintext Engine::encode(const Slots& slots, const Scale& scale, bool extended) const {
  return encoder().encode(slots, top(), scale, extended);
}

fhe::ckks::Ciphertext Engine::encrypt(const Slots& slots, Level level, const Scale& scale) {
  return fhe::ckks::encrypt(ring(), public_key_, encoder().encode(slots, level, scale, false), masks_);
}

fhe::ckks::Ciphertext Engine::encrypt(const Slots& slots, const Scale& scale) {
  return encrypt(slots, top(), scale);
}

fhe::ckks::Ciphertext Engine::encrypt_symmetric(const Slots& slots, const Scale& scale, bool extended) {
  return fhe::ckks::expand(ring(), fhe::secret::encrypt_symmetric(ring(), secret_, encode(slots, scale, extended),
                                                                  fhe::random::random_seed(), 0, errors_));
}

bool Engine::close(const fhe::ckks::Ciphertext& ciphertext, const Slots& expected, double tolerance,
                   std::size_t stride) const {
  const Slots got = encoder().decode(fhe::secret::decrypt(ring(), secret_, ciphertext));
  for (std::size_t i = 0; i < expected.size(); i += stride) {
    if (!(std::abs(got[i] - expected[i]) <= tolerance)) return false;
  }
  return true;
}

double Engine::tolerance(double coefficient_sd, const Scale& scale) const {
  constexpr double kDeviations = 24;
  return kDeviations * noise_.slot_from_coefficient(coefficient_sd, scale.value(params()));
}

double Engine::fresh_sd() const {
  return std::hypot(noise_.encode(), noise_.encrypt_public(top()));
}

double Engine::key_switch_sd(Level level) const {
  return std::hypot(noise_.key_switch(level), noise_.division_rounding());
}

Slots sample_slots(std::size_t count) {
  Slots slots(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(i);
    slots[i] = {std::cos(0.37 * x), std::sin(0.11 * x)};
  }
  return slots;
}

Slots sample_reals(std::size_t count, double seed) {
  Slots slots(count);
  for (std::size_t i = 0; i < count; ++i) slots[i] = std::cos(0.7 * static_cast<double>(i * i % 1009) + seed);
  return slots;
}

}  // namespace obscura::bench::operations
