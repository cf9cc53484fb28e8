#include "runtime/session/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/header.hpp"
#include "plan/program/schedule.hpp"
#include "runtime/session/resident_weights.hpp"
#include "runtime/session/streamed_weights.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"

namespace obscura::runtime::session {

namespace {

using plan::program::MemoryEstimate;

bool fits(std::uint64_t bytes, const SessionLimits& limits) {
  return limits.memory_bytes == 0 || bytes <= limits.memory_bytes;
}

/// What keys may take during each instruction.
std::vector<std::uint64_t> room_for_keys(const plan::program::Program& program, const fhe::params::ParamSet& params,
                                         std::uint64_t limit) {
  const std::uint64_t beside = plan::program::estimate_memory(program, params).beside_streamed_keys();
  std::vector<std::uint64_t> room = plan::program::working_bytes(program, params);
  for (std::uint64_t& bytes : room) bytes = limit - std::min(limit, beside + bytes);
  return room;
}

}  // namespace

base::Result<void> Session::load_keys(std::span<const std::uint8_t> file, const std::string& name,
                                      const exec::ExecutorLimits& limits, bool encrypted_weights,
                                      const std::function<void()>& release_pages) {
  const auto& program = *expected_.program;
  if (limits.memory_bytes > 0) context_->pool().hold_at_most(limits.memory_bytes);
  if (limits.streamed_keys) {
    OBSCURA_TRY(auto keys, wire::EvaluationKeysFile::open(file, name, context_->ring(), expected_));
    streamed_keys_ = std::make_unique<StreamedKeys>(std::move(keys), context_->ring(), program, encrypted_weights,
                                                    room_for_keys(program, context_->params(), limits.memory_bytes),
                                                    release_pages, keys_);
  } else {
    OBSCURA_TRY(keys_, wire::read_evaluation_keys(file, name, context_->ring(), expected_));
  }
  OBSCURA_TRY(auto executor, exec::Executor::create(*context_, program, keys_, limits));
  executor_ = std::make_unique<exec::Executor>(std::move(executor));
  return {};
}

base::Result<std::unique_ptr<Session>> Session::create(const fhe::ckks::Context& context,
                                                       const wire::SealedModel& model,
                                                       std::span<const std::uint8_t> key_file,
                                                       const std::string& key_name, const SessionLimits& limits) {
  std::unique_ptr<Session> session(new Session(context, model.program(), model.key(), model.place()));
  const auto& ring = context.ring();
  const MemoryEstimate memory = plan::program::estimate_memory(model.program(), context.params());
  const bool streamed = !fits(memory.total_bytes(false), limits);
  const bool streamed_keys = !fits(memory.total_bytes(true), limits);
  OBSCURA_TRY_VOID(session->load_keys(key_file, key_name, {limits.memory_bytes, streamed, streamed_keys}, true,
                                      limits.release_pages));
  if (streamed) {
    session->weights_ = std::make_unique<StreamedWeights>(model, ring, limits.release_pages);
  } else {
    OBSCURA_TRY(auto resident, ResidentWeights::load(model, ring));
    session->weights_ = std::make_unique<ResidentWeights>(std::move(resident));
  }
  return session;
}

base::Result<std::unique_ptr<Session>> Session::create(
    const fhe::ckks::Context& context, const plan::program::Program& program, const artifact::Digest& key,
    std::span<const std::uint8_t> key_file, const std::string& key_name, std::unique_ptr<exec::WeightSource> weights,
    const SessionLimits& limits) {
  std::unique_ptr<Session> session(new Session(context, program, key, {.plan = wire::plan_digest(program)}));
  const MemoryEstimate memory = plan::program::estimate_memory(program, context.params());
  const bool streamed_keys = !fits(memory.total_bytes(true), limits);
  OBSCURA_TRY_VOID(
      session->load_keys(key_file, key_name, {limits.memory_bytes, true, streamed_keys}, false, limits.release_pages));
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
  exec::ExecOptions mine = options;
  if (streamed_keys_) {
    mine.bring_keys = [this](std::size_t instruction, std::size_t phase) {
      return streamed_keys_->bring(instruction, phase);
    };
  }
  OBSCURA_TRY(const auto results, executor_->run(taken.ciphertexts, *weights_, mine));
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
