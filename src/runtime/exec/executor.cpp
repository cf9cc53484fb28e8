#include "runtime/exec/executor.hpp"

#include <algorithm>
#include <utility>

#include "plan/program/operation.hpp"
#include "plan/program/print.hpp"
#include "plan/program/work_before.hpp"
#include "runtime/exec/detail/run.hpp"
#include "runtime/keys/key_id_of.hpp"

namespace obscura::runtime::exec {
namespace {

namespace program = plan::program;
using base::ErrorCode;
using fhe::ckks::Ciphertext;

base::Result<void> check_params(const fhe::ring::RingContext& ring, const program::Program& program) {
  if (ring.params().literal() == program.params && ring.params().insecure() == program.insecure) return {};
  return base::fail(ErrorCode::kMismatch, "the program was compiled for other parameters than this engine has",
                    "build the engine from the program's own parameters");
}

base::Result<void> check_keys(const program::Program& program, const fhe::ckks::EvaluationKeys& keys) {
  for (const program::KeyNeed& need : program.key_needs) {
    const fhe::ckks::SwitchingKey* key = keys.find(keys::key_id_of(need, program.params.log_n));
    if (key == nullptr) {
      return base::fail(ErrorCode::kMismatch, "the evaluation keys lack the one for " + program::print(need),
                        "generate the keys from this model's .spec");
    }
    if (key->level() < need.level) {
      return base::fail(
          ErrorCode::kMismatch,
          "the evaluation key for " + program::print(need) + " stops at level " + std::to_string(key->level().value()),
          "generate the keys from this model's .spec");
    }
  }
  return {};
}

base::Result<void> check_memory(const fhe::ring::RingContext& ring, const program::Program& program,
                                const ExecutorLimits& limits) {
  const program::MemoryEstimate estimate = program::estimate_memory(program, ring.params());
  const std::uint64_t total =
      limits.streamed_keys ? estimate.least_bytes() : estimate.total_bytes(limits.streamed_weights);
  if (limits.memory_bytes == 0 || total <= limits.memory_bytes) return {};
  return base::fail(ErrorCode::kLimit,
                    "the program needs " + std::to_string(total) + " bytes of memory; the limit is " +
                        std::to_string(limits.memory_bytes),
                    "raise the limit, or run on a larger machine");
}

fhe::circuits::LinearTransform transform_of(const program::Linear& linear) {
  fhe::circuits::LinearTransform transform;
  transform.extended = linear.extended;
  for (const program::GiantStep& step : linear.steps) {
    auto& terms = transform.steps.emplace_back(fhe::circuits::GiantStep{step.giant, {}}).terms;
    for (const program::Term& term : step.terms) {
      terms.push_back({term.input, term.baby, static_cast<std::size_t>(term.weight.value())});
    }
  }
  return transform;
}

std::vector<fhe::boot::BootstrapScales> scales_of_bootstraps(const program::Program& program) {
  std::vector<fhe::boot::BootstrapScales> all;
  for (const program::Instruction& instruction : program.instructions) {
    if (!std::holds_alternative<program::Bootstrap>(instruction.operation)) continue;
    const auto scales = detail::bootstrap_scales(program, instruction);
    if (std::find(all.begin(), all.end(), scales) == all.end()) all.push_back(scales);
  }
  return all;
}

tl::unexpected<base::Error> stopped() {
  return base::fail(ErrorCode::kCancelled, "the run was stopped on request", "run it again");
}

/// Asks before each weight whether to go on: a linear layer is one instruction, and may take long.
class AskingSource final : public WeightSource {
 public:
  AskingSource(WeightSource& next, const std::function<bool()>& keep_going) : next_(next), keep_going_(keep_going) {}
  [[nodiscard]] bool encrypted() const override { return next_.encrypted(); }
  [[nodiscard]] std::size_t most_held() const override { return next_.most_held(); }
  [[nodiscard]] base::Result<Weight> fetch(program::WeightId id) override {
    if (keep_going_ && !keep_going_()) return stopped();
    return next_.fetch(id);
  }
  void prefetch(std::span<const program::WeightId> ids) override { next_.prefetch(ids); }
  void release(program::WeightId id) override { next_.release(id); }

 private:
  WeightSource& next_;
  const std::function<bool()>& keep_going_;
};

}  // namespace

Executor::Executor(const fhe::ckks::Context& context, const program::Program& program,
                   const fhe::ckks::EvaluationKeys& keys)
    : ring_(&context.ring()),
      program_(&program),
      keys_(&keys),
      last_uses_(program::last_uses(program)),
      work_before_(program::work_before(program, context.params())) {
  for (const program::Instruction& instruction : program.instructions) {
    const auto* linear = std::get_if<program::Linear>(&instruction.operation);
    transforms_.push_back(linear != nullptr ? transform_of(*linear) : fhe::circuits::LinearTransform{});
    std::string name = program.stages[static_cast<std::size_t>(instruction.stage)].name;
    name.append(": ").append(program::name_of(instruction.operation));
    span_names_.push_back(std::move(name));
  }
}

base::Result<Executor> Executor::create(const fhe::ckks::Context& context, const program::Program& program,
                                        const fhe::ckks::EvaluationKeys& keys, const ExecutorLimits& limits) {
  OBSCURA_TRY_VOID(check_params(context.ring(), program));
  if (!limits.streamed_keys) OBSCURA_TRY_VOID(check_keys(program, keys));
  OBSCURA_TRY_VOID(check_memory(context.ring(), program, limits));
  Executor executor(context, program, keys);
  if (program.bootstrap) {
    OBSCURA_TRY(const auto bootstrap, fhe::params::BootstrapParams::create(context.params(), *program.bootstrap));
    executor.bootstrapper_.emplace(context, bootstrap, scales_of_bootstraps(program));
  }
  return executor;
}

base::Result<void> Executor::check_inputs(std::span<const Ciphertext> inputs) const {
  const auto expected = static_cast<std::size_t>(program_->input_packing.ciphertexts);
  const std::string hint = "encrypt the input with the public key of this model";
  if (inputs.size() != expected) {
    return base::fail(ErrorCode::kMismatch,
                      "the request has " + std::to_string(inputs.size()) + " ciphertexts; the program takes " +
                          std::to_string(expected),
                      hint);
  }
  for (const program::Instruction& instruction : program_->instructions) {
    const auto* input = std::get_if<program::Input>(&instruction.operation);
    if (input == nullptr) continue;
    const Ciphertext& given = inputs[static_cast<std::size_t>(input->index)];
    const auto basis = input->partial ? ring_->basis_qp(instruction.level) : ring_->basis_q(instruction.level);
    const bool fits = given.level() == instruction.level && given.scale() == instruction.scale &&
                      given.c0().basis() == basis && given.c1().basis() == given.c0().basis() &&
                      given.c0().degree() == ring_->degree() && given.c1().degree() == ring_->degree();
    if (!fits) {
      return base::fail(ErrorCode::kMismatch,
                        "input ciphertext " + std::to_string(input->index) + " is at level " +
                            std::to_string(given.level().value()) + " and scale " + program::print(given.scale()) +
                            "; the program takes level " + std::to_string(instruction.level.value()) + " and scale " +
                            program::print(instruction.scale),
                        hint);
    }
  }
  return {};
}

base::Result<std::vector<Ciphertext>> Executor::run(std::span<const Ciphertext> inputs, WeightSource& weights,
                                                    const ExecOptions& options) const {
  OBSCURA_TRY_VOID(check_inputs(inputs));
  AskingSource asking(weights, options.keep_going);
  const fhe::boot::Bootstrapper* const bootstrapper = bootstrapper_ ? &*bootstrapper_ : nullptr;
  detail::Run run({ring_, program_, keys_, bootstrapper, options.trace, &options.bring_keys}, inputs, asking);
  const auto count = static_cast<int>(program_->instructions.size());
  for (std::size_t i = 0; i < program_->instructions.size(); ++i) {
    if (options.progress) {
      const int stage = program_->instructions[i].stage;
      options.progress({stage, static_cast<int>(program_->stages.size()),
                        program_->stages[static_cast<std::size_t>(stage)].name, static_cast<int>(i), count,
                        work_before_[i]});
    }
    if (options.keep_going && !options.keep_going()) return stopped();
    const base::Span span(options.trace, span_names_[i]);
    OBSCURA_TRY_VOID(run.execute(i, transforms_[i]));
    run.free_after(i, last_uses_);
  }
  return std::move(run).take_results();
}

}  // namespace obscura::runtime::exec
