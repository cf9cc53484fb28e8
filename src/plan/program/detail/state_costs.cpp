#include "plan/program/detail/state_costs.hpp"

#include "base/check.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program::detail {

void state_costs(Program& program) {
  program.key_needs = derive_key_needs(program);
  const auto params = make_params(program);
  OBSCURA_CHECK(params.has_value(), "a verified program has parameters");
  const MemoryEstimate memory = estimate_memory(program, *params);
  const std::uint64_t halves = program.sealing_key == SealingKey::kPublic ? 2 : 1;
  program.cost.evaluation_key_bytes = memory.stored_evaluation_key_bytes;
  program.cost.sealed_bytes = halves * memory.stored_weight_bytes;
  program.cost.memory_bytes = memory.total_bytes(false);
}

}  // namespace obscura::plan::program::detail
