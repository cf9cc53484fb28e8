#include "deploy/worker/answer_model.hpp"

#include "deploy/worker/answer_in_stages.hpp"
#include "deploy/worker/is_manifest.hpp"

namespace obscura::deploy::worker {

base::Result<Answers> answer_model(const runtime::session::ModelFiles& files, const artifact::TrustSet& trust,
                                   const fhe::ckks::EngineOptions& engine,
                                   const runtime::session::SessionLimits& limits, std::span<const FileJob> jobs,
                                   const AnswerOptions& options) {
  OBSCURA_TRY(const bool staged, is_manifest(files.sealed_model));
  if (staged) return answer_in_stages(files, trust, engine, limits, jobs, options);
  OBSCURA_TRY(const auto model, runtime::session::LoadedModel::open(files, trust, engine, limits));
  Answers answers;
  OBSCURA_TRY(answers.latency_ms, answer_files(model->session(), jobs, options));
  answers.kernels = model->context().ring().kernels().name;
  answers.sealed_model_bytes = model->sealed_model_bytes();
  answers.evaluation_key_bytes = model->evaluation_key_bytes();
  return answers;
}

}  // namespace obscura::deploy::worker
