#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "plan/program/schedule.hpp"

namespace obscura::deploy::worker {

/// What the programs that a worker holds may take of its memory, all together.
class MemoryBudget {
 public:
  /// `limit_bytes` of keys, weights and ciphertexts; 0: no limit.
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  struct Admitted {
    std::uint64_t limit_bytes = 0;  ///< for the program's session (SessionLimits); 0: none
    std::uint64_t bytes = 0;        ///< that it takes, and that are taken off the budget
  };
  /// Takes off what the program needs: with all weights in memory if that fits, else with weights streamed from the
  /// file, else all that is left, in which keys are streamed too. `what` names it. Error: kLimit, with the figures.
  [[nodiscard]] base::Result<Admitted> admit(const plan::program::MemoryEstimate& estimate, const std::string& what);
  /// Puts back what an admitted program took.
  void release(const Admitted& admitted) { used_ -= admitted.bytes; }

  [[nodiscard]] std::uint64_t used_bytes() const { return used_; }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

}  // namespace obscura::deploy::worker
