#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bench/operations/engine.hpp"
#include "bench/operations/shape.hpp"
#include "bench/operations/work.hpp"

namespace obscura::bench::operations {

enum class Group { kKernels, kCiphertexts, kCircuits };

/// An operation set up on an engine, which outlives it.
struct Case {
  std::function<bool()> right;  ///< runs it once and compares with what is expected
  std::function<void()> run;
  int count = 1;             ///< how many of the operation one run holds
  int passes = 1;            ///< how often a run goes over the same data
  Work work;                 ///< of one pass
  std::optional<int> level;  ///< of the operands; limbs have none
};

/// One entry of the catalogue.
struct Operation {
  Group group;
  std::string name;
  Shape shape;
  std::function<Case(Engine&)> prepare;

  /// "rotate/2^14": names it among all operations.
  [[nodiscard]] std::string key() const { return name + "/2^" + std::to_string(shape.literal.log_n); }
};

}  // namespace obscura::bench::operations
