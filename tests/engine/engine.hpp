#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fhe/ckks/add.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/encrypt.hpp"
#include "fhe/ckks/expand.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/params/noise.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/secret/decrypt.hpp"
#include "fhe/secret/encapsulation_keys.hpp"
#include "fhe/secret/encrypt_symmetric.hpp"
#include "fhe/secret/generate_keys.hpp"

/// A key holder, a data source and a worker in one: what the tests of the engine start from.
namespace obscura::tests {

namespace ckks = fhe::ckks;
namespace params = fhe::params;
namespace random = fhe::random;
namespace ring = fhe::ring;
namespace secret = fhe::secret;

using Slots = std::vector<std::complex<double>>;
using params::Level;
using params::RotationStep;
using params::Scale;

inline random::Seed256 seed_of(std::uint64_t number) {
  random::Seed256 seed;
  for (std::size_t i = 0; i < 8; ++i) seed.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return seed;
}

/// Everything is drawn from `seed`, so that equal seeds give equal words.
class Engine {
 public:
  Engine(params::ParamSet params, std::uint64_t seed, const ckks::EngineOptions& options = {})
      : seed_(seed),
        context_(ckks::Context::create(std::move(params), options).value()),
        noise_(context_->params()),
        secret_(secret::SecretKey::from_seed(context_->ring(), seed_of(seed))),
        errors_(seed_of(seed), random::Domain::kError, 0),
        masks_(seed_of(seed), random::Domain::kEphemeral, 0),
        public_key_(secret::make_public_key(context_->ring(), secret_, fresh_seed(), errors_)) {}

  [[nodiscard]] const ring::RingContext& ring() const { return context_->ring(); }
  [[nodiscard]] const ckks::Encoder& encoder() const { return context_->encoder(); }
  [[nodiscard]] const params::ParamSet& params() const { return context_->params(); }
  [[nodiscard]] const params::NoiseModel& noise() const { return noise_; }
  [[nodiscard]] const ckks::EvaluationKeys& keys() const { return keys_; }
  [[nodiscard]] std::size_t slots() const { return static_cast<std::size_t>(params().slots()); }
  [[nodiscard]] Level top() const { return params().max_level(); }

  void add_key(ckks::KeyId id, Level level) {
    keys_.insert(id, secret::make_switching_key(ring(), secret_, id, level, fresh_seed(), errors_));
  }
  void add_relinearization_key(Level level) { add_key(ckks::relinearization_key_id(), level); }
  void add_rotation_key(int step, Level level) {
    add_key(ckks::rotation_key_id(RotationStep(step), params().log_n()), level);
  }
  void add_encapsulation_keys(Level level) {
    random::Stream sparse(fresh_seed(), random::Domain::kSecretKey, 0);
    auto [to_sparse, to_dense] = secret::make_encapsulation_keys(ring(), secret_, level, fresh_seed(), errors_, sparse);
    keys_.insert(ckks::encapsulation_key_id(), std::move(to_sparse));
    keys_.insert(ckks::decapsulation_key_id(), std::move(to_dense));
  }
  [[nodiscard]] const ckks::Context& context() const { return *context_; }
  [[nodiscard]] const ckks::PublicKey& public_key() const { return public_key_; }
  [[nodiscard]] const ckks::SwitchingKey& key(ckks::KeyId id) const { return *keys_.find(id); }
  [[nodiscard]] const ckks::SwitchingKey& rotation_key(int step) const {
    return key(ckks::rotation_key_id(RotationStep(step), params().log_n()));
  }

  [[nodiscard]] ckks::Ciphertext encrypt(const Slots& slots, Level level, const Scale& scale, bool extended = false) {
    return ckks::encrypt(ring(), public_key_, encoder().encode(slots, level, scale, extended), masks_);
  }
  [[nodiscard]] ckks::Ciphertext encrypt_symmetric(const Slots& slots, Level level, const Scale& scale,
                                                   bool extended = false) {
    return ckks::expand(ring(),
                        secret::encrypt_symmetric(ring(), secret_, encoder().encode(slots, level, scale, extended),
                                                  fresh_seed(), 0, errors_));
  }
  [[nodiscard]] Slots decrypt(const ckks::Ciphertext& ciphertext) const {
    return encoder().decode(secret::decrypt(ring(), secret_, ciphertext));
  }

  [[nodiscard]] ring::EvaluationPoly decrypt_to_poly(const ckks::Ciphertext& ciphertext) const {
    return ring::clone(ring(), secret::decrypt(ring(), secret_, ciphertext).poly());
  }

  /// What no slot's error exceeds, up to one in 10^15: eight deviations, given the deviation of a coefficient.
  [[nodiscard]] double slot_bound(double coefficient_sd, const Scale& scale) const {
    return 8 * noise_.slot_from_coefficient(coefficient_sd, scale.value(params())) * std::sqrt(2.0);
  }
  [[nodiscard]] double fresh_sd(Level level) const { return std::hypot(noise_.encode(), noise_.encrypt_public(level)); }

 private:
  random::Seed256 fresh_seed() { return random::derive_seed(seed_of(seed_), ++seeds_); }

  std::uint64_t seed_;
  std::uint64_t seeds_ = 0;
  std::unique_ptr<ckks::Context> context_;
  params::NoiseModel noise_;
  secret::SecretKey secret_;
  random::Stream errors_;
  random::Stream masks_;
  ckks::PublicKey public_key_;
  ckks::EvaluationKeys keys_;
};

inline params::ParamSet insecure(int log_n, std::vector<int> q_bits, std::vector<int> p_bits) {
  return params::ParamSet::create_insecure({{log_n, std::move(q_bits), std::move(p_bits), params::Security::k128}})
      .value();
}

inline Slots random_slots(std::size_t count, std::mt19937_64& generator) {
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  Slots slots(count);
  for (std::complex<double>& slot : slots) slot = {draw(generator), draw(generator)};
  return slots;
}

template <class Function>
Slots map_slots(const Slots& a, const Function& function) {
  Slots out(a.size());
  std::transform(a.begin(), a.end(), out.begin(), function);
  return out;
}

template <class Function>
Slots map_slots(const Slots& a, const Slots& b, const Function& function) {
  Slots out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), function);
  return out;
}

/// Slot i of the result is slot i + step.
inline Slots rotated(const Slots& a, int step) {
  const auto n = static_cast<int>(a.size());
  Slots out(a.size());
  for (int i = 0; i < n; ++i) out[static_cast<std::size_t>(i)] = a[static_cast<std::size_t>(((i + step) % n + n) % n)];
  return out;
}

inline double largest_difference(const Slots& a, const Slots& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

inline bool same_words(const ckks::Ciphertext& a, const ckks::Ciphertext& b) {
  return std::ranges::equal(a.c0().words(), b.c0().words()) && std::ranges::equal(a.c1().words(), b.c1().words());
}

}  // namespace obscura::tests
