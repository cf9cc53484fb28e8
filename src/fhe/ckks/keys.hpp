#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "fhe/params/index.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/galois.hpp"
#include "fhe/ring/poly.hpp"

namespace obscura::fhe::ckks {

/// What a switching key switches. A key for the automorphism g turns (something) * s into a pair under
/// sigma_g^-1(s), so that the automorphism is applied once, after the inner product, to two polynomials
/// instead of to every digit.
enum class KeyKind : std::uint8_t {
  kRelinearize = 0,        ///< s^2 -> s
  kGalois = 1,             ///< s -> sigma_g^-1(s); afterwards apply sigma_g
  kGaloisRelinearize = 2,  ///< s^2 -> sigma_g^-1(s); afterwards apply sigma_g: giant steps with encrypted diagonals
  kEncapsulate = 3,        ///< s -> the sparse secret of a bootstrap; one digit, over ring::encapsulation_basis()
  kDecapsulate = 4,        ///< the sparse secret -> s
};

struct KeyId {
  KeyKind kind = KeyKind::kRelinearize;
  ring::GaloisElement galois{1};  ///< 1 for all kinds that have no automorphism
  friend auto operator<=>(const KeyId&, const KeyId&) = default;
};

/// Hybrid switching key (Han, Ki, CT-RSA 2020): per gadget digit i a pair (b_i, a_i) over basis_qp(level)
/// with b_i + a_i t = e_i + P * g_i * f, where f is the factor switched, t the target secret and g_i the
/// gadget factor (1 modulo the primes of digit i, 0 modulo the others). The a_i come from (seed, i).
/// Bytes in memory: 2 * digits * limbs * N * 8.
class SwitchingKey {
 public:
  /// `a` is for `level`; `b` is for that level or a higher one, whose limbs and digits beyond `level` are not used.
  SwitchingKey(std::vector<ring::EvaluationPoly> b, std::vector<ring::EvaluationPoly> a, const random::Seed256& seed,
               params::Level level)
      : b_(std::move(b)), a_(std::move(a)), seed_(seed), level_(level) {}
  [[nodiscard]] const std::vector<ring::EvaluationPoly>& b() const { return b_; }
  [[nodiscard]] const std::vector<ring::EvaluationPoly>& a() const { return a_; }
  [[nodiscard]] ring::GadgetKey halves() const { return {b_, a_}; }
  [[nodiscard]] const random::Seed256& seed() const { return seed_; }
  /// Highest level of ciphertexts that it can switch.
  [[nodiscard]] params::Level level() const { return level_; }
  /// Takes the halves b_i out, e.g. to keep them without the others.
  [[nodiscard]] std::vector<ring::EvaluationPoly> release_b() && { return std::move(b_); }

 private:
  std::vector<ring::EvaluationPoly> b_;
  std::vector<ring::EvaluationPoly> a_;
  random::Seed256 seed_;
  params::Level level_;
};

/// A switching key of which only the halves that no seed names are kept: half of its bytes.
struct SeededSwitchingKey {
  std::vector<ring::EvaluationPoly> b;
  random::Seed256 seed;
};

/// The evaluation keys of one secret key. Public, but only useful to a worker.
class EvaluationKeys {
 public:
  void insert(KeyId id, SwitchingKey key) { keys_.insert_or_assign(id, std::move(key)); }
  /// Takes a key out that is there.
  [[nodiscard]] SwitchingKey take(KeyId id) { return std::move(keys_.extract(id).mapped()); }
  /// nullptr when absent.
  [[nodiscard]] const SwitchingKey* find(KeyId id) const {
    const auto it = keys_.find(id);
    return it == keys_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] const std::map<KeyId, SwitchingKey>& all() const { return keys_; }

 private:
  std::map<KeyId, SwitchingKey> keys_;
};

/// (b, a) over basis_qp(max level), b = -a s + e: encrypts zero; encryption divides by P.
struct PublicKey {
  ring::EvaluationPoly b;
  ring::EvaluationPoly a;
  random::Seed256 seed;  ///< names a (index 0)
};

}  // namespace obscura::fhe::ckks
