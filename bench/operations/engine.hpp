#pragma once

#include <complex>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "bench/operations/shape.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/noise.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::bench::operations {

using Slots = std::vector<std::complex<double>>;

/// One parameter set with fresh keys: key holder, data owner and worker in one.
class Engine {
 public:
  /// Errors: those of ParamSet and Context.
  [[nodiscard]] static base::Result<std::unique_ptr<Engine>> create(const Shape& shape,
                                                                    const fhe::ckks::EngineOptions& options);

  [[nodiscard]] const fhe::ckks::Context& context() const { return *context_; }
  [[nodiscard]] const fhe::ring::RingContext& ring() const { return context_->ring(); }
  [[nodiscard]] const fhe::ckks::Encoder& encoder() const { return context_->encoder(); }
  [[nodiscard]] const fhe::params::ParamSet& params() const { return context_->params(); }
  [[nodiscard]] const fhe::params::NoiseModel& noise() const { return noise_; }
  [[nodiscard]] fhe::params::Level top() const { return params().max_level(); }
  [[nodiscard]] const fhe::secret::SecretKey& secret() const { return secret_; }
  [[nodiscard]] const fhe::ckks::PublicKey& public_key() const { return public_key_; }
  /// For public-key encryption; a stream changes with use.
  [[nodiscard]] fhe::random::Stream& masks() { return masks_; }

  /// Keys are made, for the highest level, when they are first asked for, and stay.
  const fhe::ckks::SwitchingKey& key(fhe::ckks::KeyId id);
  const fhe::ckks::SwitchingKey& rotation_key(int step);
  [[nodiscard]] const fhe::ckks::EvaluationKeys& keys() const { return keys_; }
  /// Makes those that a bootstrap needs, each for the level at which it is used.
  void make_keys(const fhe::params::BootstrapParams& bootstrap);

  [[nodiscard]] fhe::ckks::Ciphertext encrypt(const Slots& slots, fhe::params::Level level,
                                              const fhe::params::Scale& scale);
  /// At the highest level.
  [[nodiscard]] fhe::ckks::Plaintext encode(const Slots& slots, const fhe::params::Scale& scale,
                                            bool extended = false) const;
  [[nodiscard]] fhe::ckks::Ciphertext encrypt(const Slots& slots, const fhe::params::Scale& scale);
  [[nodiscard]] fhe::ckks::Ciphertext encrypt_symmetric(const Slots& slots, const fhe::params::Scale& scale,
                                                        bool extended);

  /// Whether every slot that is a multiple of `stride` decrypts to what is expected, up to `tolerance`.
  [[nodiscard]] bool close(const fhe::ckks::Ciphertext& ciphertext, const Slots& expected, double tolerance,
                           std::size_t stride = 1) const;
  /// How far no slot is off when a coefficient's error has this standard deviation. A division's rounding meets the
  /// key: a slot's error is then a product of two complex Gaussians, whose tail at d deviations is exp(-sqrt(2) d), so
  /// that at 24 of them no slot of 2^15 is further off but once in 10^10 runs.
  [[nodiscard]] double tolerance(double coefficient_sd, const fhe::params::Scale& scale) const;
  /// Of a coefficient: a fresh ciphertext, and what a key switch adds.
  [[nodiscard]] double fresh_sd() const;
  [[nodiscard]] double key_switch_sd(fhe::params::Level level) const;

 private:
  explicit Engine(std::unique_ptr<fhe::ckks::Context> context);

  std::unique_ptr<fhe::ckks::Context> context_;
  fhe::params::NoiseModel noise_;
  fhe::secret::SecretKey secret_;
  fhe::random::Stream errors_;
  fhe::random::Stream masks_;
  fhe::ckks::PublicKey public_key_;
  fhe::ckks::EvaluationKeys keys_;
};

/// Slots of modulus at most 2, and real ones in [-1, 1]; the same on every machine.
[[nodiscard]] Slots sample_slots(std::size_t count);
[[nodiscard]] Slots sample_reals(std::size_t count, double seed);

}  // namespace obscura::bench::operations
