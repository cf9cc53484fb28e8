#pragma once

#include <cstddef>
#include <span>
#include <variant>

#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::exec {

/// A weight as a sealed model gives it (encrypted) or as the owner's own plan does (encoded in the clear).
using Weight = std::variant<const fhe::ckks::Ciphertext*, const fhe::ckks::Plaintext*>;

/// All weights may be held at once: WeightSource::most_held() of a source that has them in memory anyway.
inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

/// Where an executor gets its weights from, one at a time, in the order of use. Called from one thread.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// Which side of Weight every fetch() gives.
  [[nodiscard]] virtual bool encrypted() const = 0;
  /// How many weights a run may have fetched and not released at a time; at least 1.
  [[nodiscard]] virtual std::size_t most_held() const = 0;
  /// The weight at the level, scale and basis that the program states; valid until release(id).
  [[nodiscard]] virtual base::Result<Weight> fetch(plan::program::WeightId id) = 0;
  /// The executor fetches these next, one after the other: at most most_held(), each not again before its release. A
  /// source may bring them all at once, on several threads; what cannot be brought fails when it is fetched.
  virtual void prefetch(std::span<const plan::program::WeightId> ids) = 0;
  /// The executor is done with this one for the current run, also when its fetch failed.
  virtual void release(plan::program::WeightId id) = 0;
};

}  // namespace obscura::runtime::exec
