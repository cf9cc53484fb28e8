#include "runtime/session/session.hpp"

#include <fmt/format.h>

#include <utility>

#include "artifact/header.hpp"
#include "plan/program/schedule.hpp"
#include "runtime/session/resident_weights.hpp"
#include "runtime/session/streamed_weights.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"

namespace obscura::runtime::session {

namespace {

bool weights_fit(const plan::program::MemoryEstimate& memory, const SessionLimits& limits) {
  return limits.memory_bytes == 0 || memory.total_bytes(false) <= limits.memory_bytes;
}

}  // namespace

base::Result<void> Session::load_keys(std::span<const std::uint8_t> file, const std::string& name,
                                      const exec::ExecutorLimits& limits) {
  OBSCURA_TRY(keys_, wire::read_evaluation_keys(file, name, context_->ring(), expected_));
  OBSCURA_TRY(auto executor, exec::Executor::create(*context_, *expected_.program, keys_, limits));
  executor_ = std::make_unique<exec::Executor>(std::move(executor));
  return {};
}

base::Result<std::unique_ptr<Session>> Session::create(const fhe::ckks::Context& context,
                                                       const wire::SealedModel& model,
                                                       std::span<const std::uint8_t> key_file,
                                                       const std::string& key_name, const SessionLimits& limits) {
  std::unique_ptr<Session> session(new Session(context, model.program(), model.key(), model.place()));
  const auto& ring = context.ring();
  const bool streamed = !weights_fit(plan::program::estimate_memory(model.program(), context.params()), limits);
  OBSCURA_TRY_VOID(session->load_keys(key_file, key_name, {limits.memory_bytes, streamed}));
  if (streamed) {
    session->weights_ = std::make_unique<StreamedWeights>(model, ring);
  } else {
    OBSCURA_TRY(auto resident, ResidentWeights::load(model, ring));
    session->weights_ = std::make_unique<ResidentWeights>(std::move(resident));
  }
  return session;
}

base::Result<std::unique_ptr<Session>> Session::create(
    const fhe::ckks::Context& context, const plan::program::Program& program, const artifact::Digest& key,
    std::span<const std::uint8_t> key_file, const std::string& key_name, std::unique_ptr<exec::WeightSource> weights) {
  std::unique_ptr<Session> session(new Session(context, program, key, {.plan = wire::plan_digest(program)}));
  OBSCURA_TRY_VOID(session->load_keys(key_file, key_name, {}));
  session->weights_ = std::move(weights);
  return session;
}

base::Result<wire::Received> Session::read(std::span<const wire::FileBytes> inputs, const std::string& name) const {
  const auto& ring = context_->ring();
  if (place_.is_merge()) return wire::read_parts(inputs, name, ring, expected_, place_);
  if (inputs.size() != 1) {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("{} is {} inputs; {} takes one", name, inputs.size(), place_.text()),
                      "give it what the stage before makes");
  }
  const wire::FileBytes input = inputs.front();
  if (place_.number == 1) return wire::read_request(input, name, ring, expected_);
  const auto header = artifact::read_any_header(input, input.size(), name);
  if (header && header->kind == artifact::ArtifactKind::kCiphertext) {
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("stage missing: {} is a request, but this is {} and takes what stage {} makes of it",
                                  name, place_.text(), place_.number - 1),
                      "run the model's manifest with all its stage files beside it");
  }
  return wire::read_intermediate(input, name, ring, expected_, place_);
}

base::Result<std::vector<std::uint8_t>> Session::answer(wire::FileBytes input, const std::string& name,
                                                        const exec::ExecOptions& options) {
  return answer_all({&input, 1}, name, options);
}

base::Result<std::vector<std::uint8_t>> Session::answer_all(std::span<const wire::FileBytes> inputs,
                                                            const std::string& name, const exec::ExecOptions& options) {
  OBSCURA_TRY(const auto taken, read(inputs, name));
  OBSCURA_TRY(const auto results, executor_->run(taken.ciphertexts, *weights_, options));
  const auto& ring = context_->ring();
  const wire::Provenance provenance{expected_.plan, expected_.key, taken.request, taken.images};
  const bool insecure = expected_.program->insecure;
  if (place_.is_shard()) return wire::write_part(ring, expected_.params, insecure, provenance, place_, results);
  if (place_.number == place_.count) {
    return wire::write_result(ring, expected_.params, insecure, provenance, results);
  }
  return wire::write_intermediate(ring, expected_.params, insecure, provenance, place_, results);
}

}  // namespace obscura::runtime::session
