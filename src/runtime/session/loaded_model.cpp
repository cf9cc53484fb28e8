#include "runtime/session/loaded_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "plan/program/verify.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::runtime::session {

namespace {

/// The answer to a request for a whole model that finds the file of a stage, or of a shard.
base::Error stage_missing(const wire::StagePlace& place, const std::string& name) {
  return {base::ErrorCode::kMismatch,
          fmt::format("{} missing: {} is {} and answers no request by itself", place.is_split() ? "shard" : "stage",
                      name, place.text()),
          "run the model's manifest with all its stage files beside it"};
}

}  // namespace

base::Result<std::unique_ptr<LoadedModel>> LoadedModel::open(const ModelFiles& files, const artifact::TrustSet& trust,
                                                             const fhe::ckks::EngineOptions& engine,
                                                             const SessionLimits& limits) {
  OBSCURA_TRY(auto file, base::MappedFile::open(files.sealed_model, wire::kMaxSealedModelBytes));
  auto model = wire::SealedModel::open(file.bytes(), files.sealed_model, &trust);
  if (!model) {
    const auto stage = wire::SealedModel::open_stage(file.bytes(), files.sealed_model, &trust);
    return tl::unexpected(stage ? stage_missing(stage->place(), files.sealed_model) : model.error());
  }
  std::unique_ptr<LoadedModel> loaded(new LoadedModel(std::move(file), std::move(*model)));
  OBSCURA_TRY_VOID(loaded->load(files, engine, limits));
  return loaded;
}

base::Result<std::unique_ptr<LoadedModel>> LoadedModel::open_stage(const ModelFiles& files,
                                                                   const artifact::TrustSet& trust,
                                                                   const fhe::ckks::EngineOptions& engine,
                                                                   const SessionLimits& limits) {
  OBSCURA_TRY(auto file, base::MappedFile::open(files.sealed_model, wire::kMaxSealedModelBytes));
  OBSCURA_TRY(auto model, wire::SealedModel::open_stage(file.bytes(), files.sealed_model, &trust));
  std::unique_ptr<LoadedModel> loaded(new LoadedModel(std::move(file), std::move(model)));
  OBSCURA_TRY_VOID(loaded->load(files, engine, limits));
  return loaded;
}

base::Result<void> LoadedModel::load(const ModelFiles& files, const fhe::ckks::EngineOptions& engine,
                                     const SessionLimits& limits) {
  OBSCURA_TRY(auto params, plan::program::make_params(model_.program()));
  OBSCURA_TRY(context_, fhe::ckks::Context::create(std::move(params), engine));
  OBSCURA_TRY(keys_, base::MappedFile::open(files.evaluation_keys, wire::kMaxEvaluationKeyBytes));
  SessionLimits mine = limits;
  mine.release_pages = [this] {
    file_.release_pages();
    keys_->release_pages();
  };
  OBSCURA_TRY(session_, Session::create(*context_, model_, keys_->bytes(), files.evaluation_keys, mine));
  mine.release_pages();
  return {};
}

}  // namespace obscura::runtime::session
