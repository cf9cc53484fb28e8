#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/secret/encapsulation_keys.hpp"
#include "fhe/secret/secret_key.hpp"
#include "tests/reference/vectors.hpp"

/// The engine's side of cases/setting.py: a ring, its secret key and operands by number.
namespace obscura::tests::reference {

namespace ckks = fhe::ckks;
namespace params = fhe::params;
namespace random = fhe::random;
namespace ring = fhe::ring;

class Bench {
 public:
  Bench(const params::ParamLiteral& literal, const ckks::EngineOptions& options);

  [[nodiscard]] const ckks::Context& context() const { return *context_; }
  [[nodiscard]] const ring::RingContext& ring() const { return context_->ring(); }
  [[nodiscard]] const ckks::Encoder& encoder() const { return context_->encoder(); }
  [[nodiscard]] const params::ParamSet& params() const { return context_->params(); }
  [[nodiscard]] params::Level top() const { return params().max_level(); }
  [[nodiscard]] const fhe::secret::SecretKey& secret() const { return secret_; }

  /// Uniform polynomial `index` of the seed `operands` modulo Q_level, or Q_level P.
  [[nodiscard]] ring::EvaluationPoly poly(std::uint64_t index, params::Level level, bool special = false) const;
  [[nodiscard]] ckks::Ciphertext ciphertext(std::uint64_t index, params::Level level) const;
  [[nodiscard]] ckks::ProductCiphertext product(std::uint64_t index, params::Level level) const;
  /// Small integers: the low 20 bits of uniform polynomial `index` modulo q_0, centred first.
  [[nodiscard]] ckks::Plaintext message(std::uint64_t index, params::Level level, bool extended,
                                        const params::Scale& scale = params::Scale::power_of_two(30)) const;

  /// Of a rotation; of the conjugation for the step "conjugate".
  [[nodiscard]] ring::GaloisElement galois(const std::string& step) const;
  [[nodiscard]] const ckks::SwitchingKey& key(const std::string& kind, const std::string& step, int level);
  /// The same, made anew.
  [[nodiscard]] ckks::SwitchingKey make_key(const std::string& kind, const std::string& step, int level) const;
  /// Keys of the rotations 1, 2, 3 and -2, for all kinds that a linear transform needs, up to the top level.
  [[nodiscard]] const ckks::EvaluationKeys& transform_keys();
  [[nodiscard]] ckks::PublicKey public_key() const;
  [[nodiscard]] fhe::secret::EncapsulationKeys encapsulation_keys(params::Level level) const;

 private:
  std::unique_ptr<ckks::Context> context_;
  fhe::secret::SecretKey secret_;
  std::map<std::string, ckks::SwitchingKey> keys_;
  ckks::EvaluationKeys transform_keys_;
};

/// The scale 2^30 of all operands.
[[nodiscard]] params::Scale fresh_scale();
/// The slots of cases/setting.py.
[[nodiscard]] std::vector<std::complex<double>> test_slots(std::uint64_t index, std::size_t count);
/// The stream of errors that a text names.
[[nodiscard]] random::Stream errors_of(const std::string& text);

/// All words of the polynomials, one after the other.
void append(const ring::EvaluationPoly& poly, std::vector<std::uint64_t>& words);
[[nodiscard]] Bytes words_of(const std::vector<const ring::EvaluationPoly*>& polys);
[[nodiscard]] Bytes words_of(const ckks::Ciphertext& ciphertext);
[[nodiscard]] Bytes words_of(const ring::PolyPair& pair);

}  // namespace obscura::tests::reference
