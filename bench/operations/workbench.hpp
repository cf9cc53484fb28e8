#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "bench/operations/operation.hpp"

namespace obscura::bench::operations {

/// Sets operations up, one at a time, and lets none through whose answer is wrong. Keeps the last one for the next call
/// that names it, and its engine for others of the same shape, threads and kernels.
class Workbench {
 public:
  /// The case, checked; valid until the next call. Errors: those of Engine::create; kCorrupt for a wrong answer.
  [[nodiscard]] base::Result<const Case*> prepare(const Operation& operation, const fhe::ckks::EngineOptions& options);
  /// That the last case was prepared on. There is one.
  [[nodiscard]] const Engine& engine() const { return *engine_; }

 private:
  Shape shape_;
  std::string key_;
  fhe::ckks::EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::optional<Case> case_;  // after the engine, which it uses
};

}  // namespace obscura::bench::operations
