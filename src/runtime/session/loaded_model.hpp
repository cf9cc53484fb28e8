#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "runtime/session/session.hpp"

namespace obscura::runtime::session {

/// The files of a session and how it may compute.
struct ModelFiles {
  std::string sealed_model;
  std::string evaluation_keys;
};

/// Everything from a sealed model's file to a session that answers: the mapped file, the verified model, an
/// engine for its parameters, the session. What a worker holds per model.
class LoadedModel {
 public:
  /// The signature by somebody in `trust` is checked before anything else of the model is read.
  /// Errors: those of SealedModel::open, Context::create and Session::create; kNotFound, kIo; kMismatch "stage missing"
  /// or "shard missing" for the file of one stage of several, or of a shard, which by itself answers no request.
  [[nodiscard]] static base::Result<std::unique_ptr<LoadedModel>> open(const ModelFiles& files,
                                                                       const artifact::TrustSet& trust,
                                                                       const fhe::ckks::EngineOptions& engine,
                                                                       const SessionLimits& limits);
  /// The same for the file of one stage, or of a shard or the merge of one. `files.evaluation_keys` may hold keys that
  /// other stages need.
  [[nodiscard]] static base::Result<std::unique_ptr<LoadedModel>> open_stage(const ModelFiles& files,
                                                                             const artifact::TrustSet& trust,
                                                                             const fhe::ckks::EngineOptions& engine,
                                                                             const SessionLimits& limits);
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  [[nodiscard]] const wire::SealedModel& model() const { return model_; }
  [[nodiscard]] const fhe::ckks::Context& context() const { return *context_; }
  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] std::uint64_t sealed_model_bytes() const { return file_.bytes().size(); }
  [[nodiscard]] std::uint64_t evaluation_key_bytes() const { return keys_->bytes().size(); }

 private:
  [[nodiscard]] base::Result<void> load(const ModelFiles& files, const fhe::ckks::EngineOptions& engine,
                                        const SessionLimits& limits);
  LoadedModel(base::MappedFile file, wire::SealedModel model) : file_(std::move(file)), model_(std::move(model)) {}
  base::MappedFile file_;
  wire::SealedModel model_;
  std::unique_ptr<fhe::ckks::Context> context_;
  std::optional<base::MappedFile> keys_;  ///< of which keys may be read for every request
  std::unique_ptr<Session> session_;
};

}  // namespace obscura::runtime::session
