#include "deploy/worker/memory_budget.hpp"

#include <fmt/format.h>

namespace obscura::deploy::worker {

base::Result<MemoryBudget::Admitted> MemoryBudget::admit(const plan::program::MemoryEstimate& estimate,
                                                         const std::string& what) {
  const std::uint64_t resident = estimate.total_bytes(false);
  const std::uint64_t streamed = estimate.total_bytes(true);
  const std::uint64_t left = limit_ - used_;
  if (limit_ == 0 || resident <= left) {
    used_ += resident;
    return Admitted{limit_ == 0 ? 0 : left, resident};
  }
  if (streamed <= left) {
    used_ += streamed;
    return Admitted{left, streamed};
  }
  const std::uint64_t least = estimate.least_bytes();
  if (least <= left) {
    used_ += left;
    return Admitted{left, left};
  }
  return base::fail(base::ErrorCode::kLimit,
                    fmt::format("{} needs {:.1f} MB of memory at least; {:.1f} of {:.1f} MB are left", what,
                                static_cast<double>(least) / (1 << 20), static_cast<double>(left) / (1 << 20),
                                static_cast<double>(limit_) / (1 << 20)),
                    "raise --memory-mb, or serve fewer stages here");
}

}  // namespace obscura::deploy::worker
