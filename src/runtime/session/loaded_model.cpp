#include "runtime/session/loaded_model.hpp"

#include "plan/program/verify.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::runtime::session {

base::Result<std::unique_ptr<LoadedModel>> LoadedModel::open(const ModelFiles& files, const artifact::TrustSet& trust,
                                                             const fhe::ckks::EngineOptions& engine,
                                                             const SessionLimits& limits) {
  OBSCURA_TRY(auto file, base::MappedFile::open(files.sealed_model, wire::kMaxSealedModelBytes));
  OBSCURA_TRY(auto model, wire::SealedModel::open(file.bytes(), files.sealed_model, &trust));
  std::unique_ptr<LoadedModel> loaded(new LoadedModel(std::move(file), std::move(model)));
  OBSCURA_TRY(auto params, plan::program::make_params(loaded->model_.program()));
  OBSCURA_TRY(loaded->context_, fhe::ckks::Context::create(std::move(params), engine));
  OBSCURA_TRY(const auto keys, base::MappedFile::open(files.evaluation_keys, wire::kMaxEvaluationKeyBytes));
  loaded->evaluation_key_bytes_ = keys.bytes().size();
  OBSCURA_TRY(loaded->session_,
              Session::create(*loaded->context_, loaded->model_, keys.bytes(), files.evaluation_keys, limits));
  return loaded;
}

}  // namespace obscura::runtime::session
