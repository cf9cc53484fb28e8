#include "runtime/session/session.hpp"

#include "plan/program/schedule.hpp"
#include "runtime/session/resident_weights.hpp"
#include "runtime/session/streamed_weights.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"

namespace obscura::runtime::session {

namespace {

bool weights_fit(const plan::program::MemoryEstimate& memory, const SessionLimits& limits) {
  return limits.memory_bytes == 0 || memory.total_bytes(false) <= limits.memory_bytes;
}

}  // namespace

base::Result<void> Session::load_keys(std::span<const std::uint8_t> file, const std::string& name,
                                      const exec::ExecutorLimits& limits) {
  const auto& ring = context_->ring();
  const auto& program = *expected_.program;
  OBSCURA_TRY(keys_, wire::read_evaluation_keys(file, name, ring, program, expected_.key));
  OBSCURA_TRY(auto executor, exec::Executor::create(ring, program, keys_, limits));
  executor_ = std::make_unique<exec::Executor>(std::move(executor));
  return {};
}

base::Result<std::unique_ptr<Session>> Session::create(const fhe::ckks::Context& context,
                                                       const wire::SealedModel& model,
                                                       std::span<const std::uint8_t> key_file,
                                                       const std::string& key_name, const SessionLimits& limits) {
  std::unique_ptr<Session> session(new Session(context, model.program(), model.key()));
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
  std::unique_ptr<Session> session(new Session(context, program, key));
  OBSCURA_TRY_VOID(session->load_keys(key_file, key_name, {}));
  session->weights_ = std::move(weights);
  return session;
}

base::Result<std::vector<std::uint8_t>> Session::answer(std::span<const std::uint8_t> request, const std::string& name,
                                                        const exec::ExecOptions& options) {
  const auto& ring = context_->ring();
  OBSCURA_TRY(const auto inputs, wire::read_request(request, name, ring, expected_));
  OBSCURA_TRY(const auto digest, wire::request_digest(request, name));
  OBSCURA_TRY(const auto results, executor_->run(inputs, *weights_, options));
  return wire::write_result(ring, expected_.params, expected_.program->insecure,
                            {expected_.plan, expected_.key, digest}, results);
}

}  // namespace obscura::runtime::session
