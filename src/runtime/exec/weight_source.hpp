#pragma once

#include <variant>

#include "base/result.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "plan/program/program.hpp"

namespace obscura::runtime::exec {

/// A weight as a sealed model gives it (encrypted) or as the owner's own plan does (encoded in the clear).
using Weight = std::variant<const fhe::ckks::Ciphertext*, const fhe::ckks::Plaintext*>;

/// Where an executor gets its weights from, one at a time, in the order of use. Called from one thread.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// Which side of Weight every fetch() gives.
  [[nodiscard]] virtual bool encrypted() const = 0;
  /// The weight at the level, scale and basis that the program states; valid until release(id).
  [[nodiscard]] virtual base::Result<Weight> fetch(plan::program::WeightId id) = 0;
  /// The executor will soon fetch this one.
  virtual void prefetch(plan::program::WeightId id) = 0;
  /// The executor is done with this one for the current run, also when its fetch failed.
  virtual void release(plan::program::WeightId id) = 0;
};

}  // namespace obscura::runtime::exec
